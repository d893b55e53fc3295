"""A field that moved is told from cells that moved."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imagecodecs import png_decode
from numpy.typing import NDArray

from app.settings import Linking
from app.stack import Film, link_frames
from app.stack.drift import common_part, find_drift, see_drift

Labels = NDArray[np.int32]


def field(height: int, width: int, places: list[tuple[int, int]], size: int = 8) -> Labels:
    labels = np.zeros((height, width), np.int32)
    for index, (y, x) in enumerate(places, 1):
        labels[y : y + size, x : x + size] = index
    return labels


@given(dy=st.integers(-25, 25), dx=st.integers(-25, 25))
@settings(deadline=None, max_examples=30)
def test_a_moved_field_is_found(dy: int, dx: int) -> None:
    """Any shift, to the pixel, with cells that leave and enter at the edges; one of a pixel hides nothing."""
    rng = np.random.default_rng(0)
    world = np.zeros((200, 220), np.int32)
    for index in range(1, 60):
        y, x = rng.integers(0, 190), rng.integers(0, 210)
        world[y : y + 9, x : x + 7] = index
    earlier, later = world[40:160, 40:180], world[40 - dy : 160 - dy, 40 - dx : 180 - dx]
    assert find_drift(earlier, later) == ((dy, dx) if abs(dy) + abs(dx) > 1 else (0, 0))
    first, second = common_part(earlier, later, (dy, dx))
    assert np.array_equal(first, second)
    assert first.shape == (120 - abs(dy), 140 - abs(dx))


def test_large_frames_are_compared_thinned_out() -> None:
    """Within a step of the grid, which is all that linking needs."""
    rng = np.random.default_rng(1)
    places = [(int(y), int(x)) for y, x in rng.integers(100, 1500, (40, 2))]
    later = [(y + 52, x - 37) for y, x in places]
    found = find_drift(field(1700, 1700, places, 30), field(1700, 1700, later, 30))
    assert found == pytest.approx((52, -37), abs=4)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([(5, 5)], [(40, 40)]),  # one cell: it, or the field?
        ([(5, 5), (30, 50), (60, 20)], [(8, 5), (30, 46), (56, 22)]),  # each on its own way
        ([(5, 5), (30, 50), (60, 20)], [(5, 5), (30, 50), (60, 20)]),  # still
        ([(5, 5), (30, 50), (60, 20)], []),
        ([(5, 5), (30, 50), (60, 20)], [(70, 70), (60, 5), (5, 60)]),  # others
    ],
)
def test_cells_that_move_are_no_moved_field(
    before: list[tuple[int, int]], after: list[tuple[int, int]]
) -> None:
    assert find_drift(field(90, 90, before), field(90, 90, after)) == (0, 0)


def test_a_moved_picture_is_seen() -> None:
    """Noise that moves as a whole has moved; what is new each time, flat or still has not."""
    rng = np.random.default_rng(0)
    world = rng.random((90, 120))
    assert see_drift(world[10:70, 20:100], world[7:67, 31:111]) == (3, -11)
    assert see_drift(rng.random((60, 80)), rng.random((60, 80))) is None
    assert see_drift(world, world) is None
    assert see_drift(np.zeros((60, 80)), np.zeros((60, 80))) is None
    assert see_drift(np.zeros((60, 80)), world[:60, :80]) is None


def test_a_picture_outvotes_dust_of_the_sensor() -> None:
    """Three specks that stand still are taken for cells, while the stage moves all else by (8, 16)."""
    world = np.random.default_rng(0).random((400, 440)).astype(np.float32)
    dust, cells = [(5, 5), (90, 150), (150, 20)], [(40, 60), (70, 100)]
    moved = [(y + 8, x + 16) for y, x in cells]
    frames = [field(200, 200, dust + places) for places in (cells, moved)]
    pictures = [world[100:300, 100:300], world[92:292, 84:284]]
    alone, seen, thin = Film(Linking()), Film(Linking()), Film(Linking())
    for labels, picture in zip(frames, pictures, strict=True):
        alone.add(labels)
        seen.add(labels, picture)
        thin.add(labels, picture.reshape(100, 2, 100, 2).mean(axis=(1, 3)))
    assert [film.offsets[1] for film in (alone, seen, thin)] == [(0, 0), (8, 16), (8, 16)]


def test_the_real_colony_is_seen_to_drift(cells: Path) -> None:
    """Its images alone tell where the stage went, to the cells' own width."""
    folder = cells.parent / "films" / "ecoli_trpL"
    if not folder.is_dir():
        pytest.skip("../shared/data/films is absent")
    film, seen = Film(Linking()), [(0, 0)]
    pictures = [png_decode(path.read_bytes()) for path in sorted((folder / "images").glob("*.png"))]
    for path in sorted((folder / "labels").glob("*.png")):
        labels = png_decode(path.read_bytes())
        film.add(np.unique(labels, return_inverse=True)[1].reshape(labels.shape).astype(np.int32))
    for before, after in pairwise(pictures):
        shift = see_drift(before, after)
        assert shift is not None
        seen.append((seen[-1][0] + shift[0], seen[-1][1] + shift[1]))
    assert np.abs(np.subtract(seen, film.offsets)).max() < 20


def test_the_real_colony_is_followed_through_all_divisions(cells: Path) -> None:
    """Two E. coli become 17 while the stage jumps by up to four cell widths: 15 divisions, so 32 tracks.

    Without regard to the drift it was 44 tracks.
    """
    folder = cells.parent / "films" / "ecoli_trpL" / "labels"
    if not folder.is_dir():
        pytest.skip("../shared/data/films is absent")
    film = Film(Linking())
    for path in sorted(folder.glob("*.png")):
        labels = png_decode(path.read_bytes())
        film.add(np.unique(labels, return_inverse=True)[1].reshape(labels.shape).astype(np.int32))
    tracks = link_frames(film)
    assert len(tracks.ids[-1]) - 1 == 17
    assert tracks.count == 32
    assert len(tracks.parents) == 30
    assert all(list(tracks.parents.values()).count(parent) == 2 for parent in tracks.parents.values())
