"""Tracks: which cell of which frame belongs to which, and who is whose daughter."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .overlaps import Ints

Row = tuple[int, int, int, int]  # id, first frame, last frame, parent's id or 0


@dataclass(frozen=True)
class Gap:
    """A cell that was missed between two frames."""

    track: int
    before: int  # the last frame that has it
    before_id: int  # its id there
    after: int  # the next frame that has it
    after_id: int


@dataclass(frozen=True)
class Tracks:
    """The tracks of a film, with ids 1..N in the order in which they begin."""

    ids: list[NDArray[np.int32]]  # per frame (cells + 1,): the frame's own id → track
    parents: dict[int, int]  # of the tracks that came from a division
    gaps: list[Gap] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many tracks there are."""
        return max((int(ids.max(initial=0)) for ids in self.ids), default=0)


def follow(edges: dict[int, list[int]], firsts: Ints) -> Tracks:
    """Tracks from links between numbered cells (`Film`): each cell → the later cells it goes on in.

    Two later cells are daughters: the track ends, and each begins one of its
    own. `firsts` is `Film.firsts`.
    """
    cells = int(firsts[-1])
    earlier = {later: cell for cell, following in edges.items() for later in following}
    track = np.zeros(cells, np.int32)
    frame_of = np.searchsorted(firsts, np.arange(cells), side="right") - 1
    parents: dict[int, int] = {}
    gaps: list[Gap] = []
    count = 0
    for cell in range(cells):  # earlier frames first, so a cell comes after that which it goes on from
        before = earlier.get(cell)
        if before is not None and len(edges[before]) == 1:
            track[cell] = track[before]
            frames = int(frame_of[before]), int(frame_of[cell])
            if frames[1] - frames[0] > 1:
                own = int(before - firsts[frames[0]]) + 1, int(cell - firsts[frames[1]]) + 1
                gaps.append(Gap(int(track[cell]), frames[0], own[0], frames[1], own[1]))
            continue
        count += 1
        track[cell] = count
        if before is not None:
            parents[count] = int(track[before])
    ids = [np.concatenate([[0], track[a:b]]).astype(np.int32) for a, b in pairwise(firsts)]
    return Tracks(ids, parents, gaps)


def rows(
    present: dict[int, list[int]], parents: dict[int, int]
) -> tuple[list[Row], dict[tuple[int, int], int]]:
    """Rows of `res_track.txt`, and which id (track, frame) has there, where it is not the track's.

    `present` names the frames of each track, ascending. The Cell Tracking
    Challenge wants a track in each frame from its first to its last, so a
    track with a gap becomes several, each the parent of the next.
    """
    found: list[Row] = []
    other: dict[tuple[int, int], int] = {}
    last_id: dict[int, int] = {}  # of a track's last piece, which its daughters come from
    spare = max(present, default=0)
    for track in sorted(present):
        begin = end = present[track][0]
        name, parent = track, last_id.get(parents.get(track, 0), 0)
        for frame in [*present[track][1:], None]:
            if frame == end + 1:
                end = frame
            else:
                found.append((name, begin, end, parent))
                last_id[track] = name
                if frame is None:
                    break
                spare += 1
                name, parent, begin, end = spare, name, frame, frame
            if name != track:
                other[track, frame] = name
    return sorted(found), other
