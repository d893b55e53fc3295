"""A missed cell is drawn where it must have been, and only where there is room."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.settings import Linking
from app.stack import Film, Tracks, fill_gaps, link_frames
from app.stack.gaps import Patch

Frames = list[NDArray[np.int32]]


def frames(*places: list[tuple[int, int, int]]) -> Frames:
    """40 × 40 px; a cell per (y, x, size)."""
    found = []
    for cells in places:
        labels = np.zeros((40, 40), np.int32)
        for index, (y, x, size) in enumerate(cells, 1):
            labels[y : y + size, x : x + size] = index
        found.append(labels)
    return found


def filled(seen: Frames, **knobs: float) -> tuple[Tracks, dict[int, list[Patch]]]:
    film = Film(Linking(**knobs))
    for labels in seen:
        film.add(labels)
    tracks = link_frames(film)
    return tracks, fill_gaps(film, tracks, seen.__getitem__)


def test_a_missed_cell_is_drawn_half_way() -> None:
    tracks, patches = filled(frames([(0, 0, 8)], [], [(4, 4, 8)]))
    assert tracks.count == 1
    (patch,) = patches[1]
    assert (patch.track, patch.area) == (1, 64)
    assert (patch.y.min(), patch.y.max(), patch.x.min(), patch.x.max()) == (2, 9, 2, 9)


def test_each_missed_frame_takes_the_nearer_mask() -> None:
    """Over two frames a growing cell is drawn small first, then large."""
    _, patches = filled(frames([(0, 0, 8)], [], [], [(0, 0, 10)]), gap=2)
    assert [patches[frame][0].area for frame in (1, 2)] == [64, 100]


def test_other_cells_keep_their_pixels() -> None:
    """A third of the place is a neighbour's: the rest is drawn."""
    still = (12, 0, 12)
    _, patches = filled(frames([(0, 0, 12), still], [(8, 0, 16)], [(0, 0, 12), still]))
    (patch,) = patches[1]
    assert patch.area == 8 * 12
    assert patch.y.max() == 7


def test_without_room_nothing_is_drawn() -> None:
    """Where a neighbour's mask covers the place, the cell may be part of it."""
    wide = frames([(0, 0, 8), (20, 20, 12)], [(0, 0, 30)], [(0, 0, 8), (20, 20, 12)])
    tracks, patches = filled(wide)
    assert patches == {}
    assert tracks.ids[2].tolist() == tracks.ids[0].tolist()


def test_a_cell_half_outside_stays_inside() -> None:
    """Pixels beyond the frame would wrap round to the other side."""
    seen = frames([(0, 0, 8)], [], [(0, 0, 4)])
    _, patches = filled(seen, fill=0.1)
    (patch,) = patches[1]
    assert patch.y.min() >= 0
    assert patch.x.min() >= 0
    assert patch.area < 64


def test_the_knob_turns_it_off() -> None:
    assert filled(frames([(0, 0, 8)], [], [(4, 4, 8)]), fill=2.0)[1] == {}
