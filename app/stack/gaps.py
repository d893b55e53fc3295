"""A cell seen before and after, missed between: drawn where it must have been."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .film import Film
from .overlaps import Ints, Labels
from .tracks import Gap, Tracks


@dataclass(frozen=True)
class Patch:
    """Pixels that belong to a cell that was missed."""

    track: int
    area: int  # px
    y: NDArray[np.int64]
    x: NDArray[np.int64]


def fill_gaps(film: Film, tracks: Tracks, read: Callable[[int], Labels]) -> dict[int, list[Patch]]:
    """Frame → masks of the cells that were missed there.

    A mask is that of the nearer frame, moved along the straight line between
    the two, less what other cells hold. Where less than `Linking.fill` of it
    is left, nothing is drawn: there is no room, and the cell may be part of a
    neighbour's mask. `read` gives the labels `(H, W)` of a frame.
    """
    wanted: dict[int, list[Gap]] = {}
    for gap in tracks.gaps:
        for frame in range(gap.before + 1, gap.after):
            wanted.setdefault(frame, []).append(gap)
    patches: dict[int, list[Patch]] = {}
    for frame in sorted(wanted):
        free = read(frame) == 0
        nearby: dict[int, Labels] = {}
        for gap in wanted[frame]:
            source, own = nearer(gap, frame)
            if source not in nearby:
                nearby[source] = read(source)
            patch = moved(film, gap, frame, np.nonzero(nearby[source] == own), free)
            if patch is not None:
                free[patch.y, patch.x] = False
                patches.setdefault(frame, []).append(patch)
    return patches


def with_patches(tracks: Tracks, patches: dict[int, list[Patch]], frame: int, labels: Labels) -> Labels:
    """`(H, W)` labels of a frame by track, with the cells that were missed in it."""
    out = tracks.ids[frame][labels]
    for patch in patches.get(frame, []):
        out[patch.y, patch.x] = patch.track
    return out


def presence(tracks: Tracks, patches: dict[int, list[Patch]]) -> dict[int, list[int]]:
    """The frames, ascending, that each track is in, missed cells among them."""
    found: dict[int, list[int]] = {}
    for frame, ids in enumerate(tracks.ids):
        for track in sorted({*ids[1:].tolist(), *(patch.track for patch in patches.get(frame, []))}):
            found.setdefault(track, []).append(frame)
    return found


def nearer(gap: Gap, frame: int) -> tuple[int, int]:
    """The frame beside the gap that is nearer in time, and the cell's id there."""
    if frame - gap.before <= gap.after - frame:
        return gap.before, gap.before_id
    return gap.after, gap.after_id


def moved(
    film: Film, gap: Gap, frame: int, pixels: tuple[Ints, ...], free: NDArray[np.bool_]
) -> Patch | None:
    """The mask with these `pixels` in `frame`; None where there is no room for it."""
    begin, end = film.place(gap.before, gap.before_id), film.place(gap.after, gap.after_id)
    place = begin + (end - begin) * (frame - gap.before) / (gap.after - gap.before) + film.offsets[frame]
    shift = np.rint(place - np.mean(pixels, axis=1)).astype(np.int64)
    y, x = pixels[0] + shift[0], pixels[1] + shift[1]
    inside = (y >= 0) & (x >= 0) & (y < free.shape[0]) & (x < free.shape[1])
    y, x = y[inside], x[inside]
    room = free[y, x]
    if np.count_nonzero(room) < film.linking.fill * len(pixels[0]):
        return None
    return Patch(gap.track, int(np.count_nonzero(room)), y[room], x[room])
