"""What the comparison changes: parts of one cell are joined, and nothing that divided or touches."""

from __future__ import annotations

import numpy as np
import pytest

from app.settings import Linking
from app.stack import Film
from benchmarks.consistency import Labels, dropped, joined_splits, placed

Box = tuple[int, int, int, int]  # y0, x0, y1, x1

WHOLE, OTHER = (5, 5, 15, 25), (25, 5, 35, 25)
PARTS = [(5, 5, 15, 14), (5, 15, 15, 25)]


def frames(*cells: list[Box]) -> list[Labels]:
    """40 × 40 px, a rectangle a cell."""
    found = []
    for boxes in cells:
        labels = np.zeros((40, 40), np.int32)
        for index, (y0, x0, y1, x1) in enumerate(boxes, 1):
            labels[y0:y1, x0:x1] = index
        found.append(labels)
    return found


@pytest.mark.parametrize(
    ("seen", "counts"),
    [
        (frames([WHOLE, OTHER], [*PARTS, OTHER], [WHOLE, OTHER]), [2, 2, 2]),
        (frames([WHOLE, OTHER], [*PARTS, OTHER], [*PARTS, OTHER]), [2, 3, 3]),  # it divided
        (frames([WHOLE, OTHER], [WHOLE, OTHER], [WHOLE, OTHER]), [2, 2, 2]),
        (frames([*PARTS, OTHER], [WHOLE, OTHER], [*PARTS, OTHER]), [3, 2, 3]),  # merged is no split
        (frames([], [*PARTS], []), [0, 2, 0]),
    ],
)
def test_parts_of_a_cell_that_is_whole_before_and_after(seen: list[Labels], counts: list[int]) -> None:
    film = Film(Linking())
    for labels in seen:
        film.add(labels)
    found = joined_splits(film, seen)
    assert [int(labels.max()) for labels in found] == counts
    assert all(np.array_equal(a > 0, b > 0) for a, b in zip(seen, found, strict=True))


def test_cells_are_compared_where_the_field_went() -> None:
    """Pixels beyond the frame would wrap round."""
    (labels,) = frames([(0, 0, 10, 10), (20, 20, 30, 30)])
    there = placed(labels, (-5, 7))
    assert np.array_equal(there[:5, 7:17], np.ones((5, 10)))
    assert np.array_equal(there[15:25, 27:37], np.full((10, 10), 2))
    assert np.count_nonzero(there) == 50 + 100


def test_dropped_cells_are_gone_and_the_others_whole() -> None:
    (labels,) = frames([(y, x, y + 3, x + 3) for y in range(0, 40, 4) for x in range(0, 40, 4)])
    (found,) = dropped([labels], 0.2, 0)
    kept = np.unique(found[found > 0])
    assert 70 < len(kept) < 90
    assert kept.tolist() == list(range(1, len(kept) + 1))
    assert all(len(np.unique(found[labels == cell])) == 1 for cell in range(1, 101))
