"""A correction changes what it says and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label

from app.cells.ids import survey
from app.errors import RequestError
from app.serve.cells import Cells
from app.serve.edits import Edit, change, meant, parse


def discs(*places: tuple[int, int], radius: int = 8, shape: tuple[int, int] = (60, 80)) -> Cells:
    """Cells 1, 2, … at y, x; discs that touch are still cells of their own."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    labels = np.zeros(shape, np.int32)
    for number, (cy, cx) in enumerate(places, 1):
        labels[((y - cy) ** 2 + (x - cx) ** 2 <= radius**2) & (labels == 0)] = number
    return Cells(labels, np.full(len(places), 0.5, np.float32))


def do(cells: Cells, op: Any, *points: tuple[float, float]) -> None:
    """As a person does it, now."""
    edit = meant(Edit(op, points), cells)
    done = change(edit, cells, new=len(cells.scores))
    cells.put(done.box, done.after)


def test_delete_and_merge() -> None:
    cells = discs((20, 20), (20, 50))
    do(cells, "merge", (20, 20), (50, 20))
    assert cells.ids.tolist() == [3]
    assert cells.scores[3] == 1
    do(cells, "delete", (50.9, 20.9))
    assert not cells.labels.any()
    with pytest.raises(RequestError, match="there is no cell"):
        do(cells, "delete", (20, 20))


def test_one_cell_is_no_merge() -> None:
    cells = discs((20, 20))
    with pytest.raises(RequestError, match="only one cell"):
        do(cells, "merge", (20, 20), (22, 20))


def test_a_click_splits_at_the_waist() -> None:
    """Two nuclei that were taken for one: each half must be one of them."""
    cells = discs((25, 25), (25, 39), radius=8)
    truth = cells.labels.copy()
    do(cells, "merge", (20, 25), (44, 25))
    do(cells, "split", (20, 25))
    assert len(cells.ids) == 2
    for number in (1, 2):
        mine = truth == number
        found = np.bincount(cells.labels[mine]).argmax()
        assert ((cells.labels == found) & mine).sum() / ((cells.labels == found) | mine).sum() > 0.9


def test_a_line_cuts_where_it_lies() -> None:
    cells = discs((30, 40), radius=12)
    area = int(cells.sizes[1])
    do(cells, "split", (20, 24), (60, 24))
    upper, lower = cells.ids.tolist()
    assert cells.boxes[upper, 2] in (24, 25)
    assert cells.boxes[lower, 0] in (24, 25)
    assert cells.sizes[[upper, lower]].sum() == area, "the line's own pixels belong to someone"
    with pytest.raises(RequestError, match="does not go through"):
        do(cells, "split", (39, 35), (41, 36))


def test_a_drawn_cell_takes_free_ground_only() -> None:
    cells = discs((20, 20))
    before = cells.labels.copy()
    do(cells, "draw", (20, 5), (45, 5), (45, 35), (20, 35))
    assert (cells.labels[before == 1] == 1).all()
    new = int(cells.ids[-1])
    assert label(cells.labels == new)[1] == 1
    assert cells.labels[10, 40] == new
    assert cells.labels[4, 40] == 0
    with pytest.raises(RequestError, match="delete them first"):
        do(cells, "draw", (17, 17), (23, 17), (23, 23), (17, 23))
    with pytest.raises(RequestError, match="too small"):
        do(cells, "draw", (60, 50), (61, 50), (60, 51))


def test_pixels_whose_centres_lie_inside_are_drawn() -> None:
    """Half a pixel off, each cell drawn at high zoom would lie beside where it was drawn."""
    cells = Cells(np.zeros((20, 20), np.int32), np.zeros(0, np.float32))
    do(cells, "draw", (5, 6), (10, 6), (10, 9), (5, 9))
    assert cells.boxes[1].tolist() == [6, 5, 9, 10]
    assert cells.sizes[1] == 15


def test_a_correction_of_another_cell_is_passed_over() -> None:
    """'This speck is none' must not delete the large cell that other thresholds put there."""
    small, large = discs((20, 20), radius=4), discs((20, 20), radius=12)
    edit = meant(Edit("delete", ((20.0, 20.0),)), small)
    with pytest.raises(RequestError):
        change(edit, large, new=2)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"op": "drop", "points": [[1, 1]]},
        {"op": "delete", "points": []},
        {"op": "delete", "points": [[1]]},
        {"op": "delete", "points": [["1", "2"]]},
        {"op": "delete", "points": [[float("nan"), 1]]},
        {"op": "delete", "points": [[True, 1]]},
        {"op": "delete", "points": [[80, 1]]},
        {"op": "delete", "points": [[-1, 1]]},
        {"op": "merge", "points": [[1, 1]]},
        {"op": "draw", "points": [[1, 1]] * 11},
        {"op": "draw", "points": "all"},
        {"op": ["delete"], "points": [[1, 1]]},
    ],
)
def test_what_is_no_correction_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(RequestError):
        parse(body, (60, 80), 10)


def test_a_hand_may_slip_over_the_edge() -> None:
    edit = parse({"op": "draw", "points": [[-5, 10], [90, 10], [40, 99]]}, (60, 80), 10)
    cells = Cells(np.zeros((60, 80), np.int32), np.zeros(0, np.float32))
    done = change(edit, cells, new=1)
    cells.put(done.box, done.after)
    assert cells.sizes[1] > 1000


POINT = st.tuples(st.floats(0, 79.9), st.floats(0, 59.9))
EDITS = st.tuples(
    st.sampled_from(["delete", "merge", "split", "draw"]), st.lists(POINT, min_size=1, max_size=5)
)


@settings(max_examples=60, deadline=None)
@given(st.lists(EDITS, max_size=12))
def test_the_table_is_that_of_the_labels(edits: list[Any]) -> None:
    """Whatever is done in whatever order: boxes and sizes are those that a look at all pixels gives."""
    cells = discs((15, 15), (15, 29), (40, 30), (45, 60), radius=9)
    for op, points in edits:
        before = cells.labels.copy()
        try:
            do(cells, op, *(points if op != "draw" or len(points) > 2 else [*points] * 3))
        except RequestError:
            assert (cells.labels == before).all(), "refused, and done all the same"
    boxes, sizes, _, _ = survey(cells.labels, len(cells.sizes) - 1)
    np.testing.assert_array_equal(cells.sizes, sizes)
    np.testing.assert_array_equal(cells.boxes, boxes)
