"""Frames linked to tracks: by hand on few cells, and a whole film scored by an independent library."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from app.settings import Linking
from app.stack import Film, Tracks, link_frames
from app.stack.tracks import Gap

Cell = tuple[int, int, int, int]  # y0, x0, y1, x1


def film(*frames: list[Cell], **knobs: float) -> tuple[Film, Tracks]:
    """A film of 40 × 60 px, one rectangle a cell."""
    found = Film(Linking(**knobs))
    for cells in frames:
        labels = np.zeros((40, 60), np.int32)
        for index, (y0, x0, y1, x1) in enumerate(cells, 1):
            labels[y0:y1, x0:x1] = index
        found.add(labels)
    return found, link_frames(found)


def ids(tracks: Tracks) -> list[list[int]]:
    return [one[1:].tolist() for one in tracks.ids]


A, B = (0, 0, 10, 10), (0, 30, 10, 40)


def test_order_in_a_frame_does_not_matter() -> None:
    """A frame's ids say nothing about the frame before."""
    _, tracks = film([A, B], [B, A], [A, B])
    assert ids(tracks) == [[1, 2], [2, 1], [1, 2]]
    assert tracks.parents == {}


def test_a_cell_that_moves_its_own_length_is_followed() -> None:
    """Without any overlap the distance decides."""
    assert ids(film([A, B], [(0, 12, 10, 22), B])[1]) == [[1, 2], [1, 2]]


def test_far_away_is_somebody_else() -> None:
    _, tracks = film([A], [(25, 45, 35, 55)])
    assert ids(tracks) == [[1], [2]]
    assert tracks.parents == {}


def test_one_good_link_beats_two_poor_ones() -> None:
    """A cell leaves while another enters: the one that stays must not be handed on along the row."""
    leaving, staying, entering = (0, 0, 10, 10), (0, 11, 10, 21), (0, 22, 10, 32)
    still = (25, 40, 35, 50)  # without it the field might as well have moved
    assert ids(film([leaving, staying, still], [staying, entering, still])[1]) == [[1, 2, 3], [2, 4, 3]]


def test_a_division_ends_the_mother() -> None:
    """Both halves are daughters with ids of their own."""
    mother, left, right = (0, 0, 10, 20), (0, 0, 10, 9), (0, 11, 10, 20)
    _, tracks = film([mother, B], [mother, B], [left, right, B], [right, left, B])
    assert ids(tracks) == [[1, 2], [1, 2], [3, 4, 2], [4, 3, 2]]
    assert tracks.parents == {3: 1, 4: 1}


def test_debris_is_no_daughter() -> None:
    """A crumb inside of a cell's former mask would else end the cell's track."""
    _, tracks = film([(0, 0, 10, 20)], [(0, 0, 10, 18), (0, 19, 3, 20)])
    assert ids(tracks) == [[1], [1, 2]]
    assert tracks.parents == {}


@pytest.mark.parametrize(("missed", "same"), [(1, True), (2, True), (3, False)])
def test_a_gap_is_closed_up_to_the_knob(missed: int, same: bool) -> None:
    _, tracks = film([A, B], *([[B]] * missed), [A, B], gap=2)
    assert (tracks.ids[-1][1] == 1) == same
    assert tracks.gaps == ([Gap(1, 0, 1, missed + 1, 1)] if same else [])


@pytest.mark.parametrize("frames", [[], [[]], [[A]], [[], [A]], [[], []], [[A], [], [A]]])
def test_odd_films_have_tracks_too(frames: list[list[Cell]]) -> None:
    """No frame, one frame, none with a cell, an empty one between: an array library fails on each."""
    _, tracks = film(*frames)
    assert tracks.count == min(sum(map(len, frames)), 1)


def test_ids_with_gaps_are_refused() -> None:
    with pytest.raises(ValueError, match="ids have gaps"):
        Film(Linking()).add(np.array([[0, 2]], np.int32))


def test_tracks_are_the_true_ones(
    film_truth: Callable[..., object], seen: Callable[..., list[NDArray[np.int32]]]
) -> None:
    """From perfect masks nearly every link is right: moving, dividing, touching, leaving cells."""
    masks = film_truth(frames=30, seed=1).masks
    found = Film(Linking())
    labels = seen(masks, 0.0)
    for one in labels:
        found.add(one)
    tracks = link_frames(found)
    pairs = np.unique(
        [
            (true, track)
            for mask, one, lut in zip(masks, labels, tracks.ids, strict=True)
            for true, track in np.unique(np.stack([mask[mask > 0], lut[one][mask > 0]]), axis=1).T
        ],
        axis=0,
    )
    wrong = len(pairs) - len(np.unique(pairs[:, 0]))
    assert wrong <= 0.02 * len(pairs)
