"""What linking has to know of a film: where its cells are, how large, and which overlap; no pixels.

A cell of the film has a number: the cells of frame 0 come first, then those of frame 1, and so on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..settings import Linking
from .drift import Picture, Shift, common_part, find_drift, see_drift
from .overlaps import Floats, Ints, Labels, Overlaps, areas, overlaps


@dataclass(frozen=True)
class Links:
    """K pairs of cells, an earlier and a later one, with what it costs to take them for one."""

    earlier: Ints  # (K,) numbers
    later: Ints  # (K,) numbers
    cost: Floats  # (K,), 0 the same mask in the same place


class Film:
    """Collects frames in their order."""

    def __init__(self, linking: Linking) -> None:
        self.linking = linking
        self.areas: list[Ints] = []  # (N + 1,) px, per frame
        self.centroids: list[Floats] = []  # (N + 1, 2) y and x in px, per frame
        self.overlaps: dict[tuple[int, int], Overlaps] = {}  # of an earlier frame and a later one
        self.offsets: list[Shift] = []  # per frame, by which the field has moved since the first
        self.held: list[tuple[int, Labels]] = []  # frames that later ones may overlap, the last one first
        self.picture: Picture | None = None  # of the last frame

    def add(self, labels: Labels, picture: Picture | None = None) -> None:
        """The next frame, `(H, W)` labels 1..N without gaps.

        What it looks like tells of a moved field, also in a `picture` `(h, w)`
        whose pixels are blocks of n × n; without it the labels do.
        Raises ValueError where ids are left out or the size is not that of the frames before.
        """
        frame = len(self.areas)
        self.areas.append(areas(labels))
        if not self.areas[-1][1:].all():
            raise ValueError(f"frame {frame}: its ids have gaps; number its cells from 1")
        self.centroids.append(centroids(labels, self.areas[-1]))
        drift = self.drift(labels, picture) if self.held and self.linking.drift else (0, 0)
        self.picture = picture
        last = self.offsets[-1] if self.offsets else (0, 0)
        self.offsets.append((last[0] + drift[0], last[1] + drift[1]))
        for before, earlier in self.held:
            parts = common_part(earlier, labels, self.moved(before, frame))
            self.overlaps[before, frame] = overlaps(*parts)
        self.held = [(frame, labels), *self.held][: self.linking.gap + 1]

    def drift(self, labels: Labels, picture: Picture | None) -> Shift:
        """How far the field moved since the last frame."""
        seen = None
        if picture is not None and self.picture is not None:
            seen = see_drift(self.picture, picture)
        if seen is None or picture is None:
            return find_drift(self.held[0][1], labels)
        step = -(-max(labels.shape) // max(picture.shape))
        return seen[0] * step, seen[1] * step

    def moved(self, earlier: int, later: int) -> Shift:
        """How far the field moved between two frames."""
        (y0, x0), (y1, x1) = self.offsets[earlier], self.offsets[later]
        return y1 - y0, x1 - x0

    def place(self, frame: int, cell: int) -> Floats:
        """(2,) centroid of a cell by its id, where it would lie had the field not moved."""
        place: Floats = self.centroids[frame][cell] - self.offsets[frame]
        return place

    @property
    def frames(self) -> int:
        """How many frames were added."""
        return len(self.areas)

    @property
    def firsts(self) -> Ints:
        """(frames + 1,) the number of the first cell of each frame, and the number of cells."""
        return np.concatenate([[0], np.cumsum([len(one) - 1 for one in self.areas])]).astype(np.int64)

    @cached_property
    def reach(self) -> float:
        """Pixels that a cell may move from a frame to the next; asked for once all frames are there."""
        all_areas = np.concatenate([one[1:] for one in self.areas])
        return self.linking.reach * 2 * float(np.sqrt(np.median(all_areas) / np.pi))

    def links(self, earlier: int, later: int) -> Links:
        """Pairs of cells of two frames that may be one, their costs in [0, 1].

        Half of the cost is the part of their union that they don't share, the
        other half the square of their distance in parts of the reach, which
        grows with the square root of the frames between them, as in a random walk.
        """
        first, second, shared, distance = self.near(earlier, later)
        union = self.areas[earlier][first] + self.areas[later][second] - shared
        return self.numbered(earlier, later, first, second, (1 - shared / union + distance**2) / 2)

    def births(self, earlier: int, later: int) -> Links:
        """Pairs of a mother and a daughter: as in `links`, but what counts is how much of the daughter
        lies in the mother; daughters that are too small for their mother are left out."""
        first, second, shared, distance = self.near(earlier, later)
        inside = shared / self.areas[later][second]
        large = self.areas[later][second] >= self.linking.daughter * self.areas[earlier][first]
        cost = (1 - inside + distance**2) / 2
        return self.numbered(earlier, later, first[large], second[large], cost[large])

    def near(self, earlier: int, later: int) -> tuple[Ints, Ints, Ints, Floats]:
        """Ids in both frames of cells that overlap or lie within reach, their shared pixels, and their
        distances in parts of the reach, at most 1."""
        from scipy.spatial import KDTree

        reach = self.reach * np.sqrt(later - earlier)
        before, after = (self.centroids[frame] - self.offsets[frame] for frame in (earlier, later))
        places = before[1:], after[1:]
        pairs = self.overlaps[earlier, later]
        base = len(self.areas[later])
        overlapping = pairs.first * base + pairs.second  # ascending
        keys = overlapping
        if min(map(len, places)) > 0:
            close = KDTree(places[0]).sparse_distance_matrix(KDTree(places[1]), reach, output_type="ndarray")
            keys = np.union1d(overlapping, (close["i"] + 1) * base + close["j"] + 1)
        first, second = np.divmod(keys, base)
        shared = np.zeros(len(keys), np.int64)
        shared[np.searchsorted(keys, overlapping)] = pairs.shared
        steps = after[second] - before[first]
        return first, second, shared, np.minimum(np.hypot(*steps.T) / reach, 1)

    def numbered(self, earlier: int, later: int, first: Ints, second: Ints, cost: Floats) -> Links:
        """Ids of two frames as numbers in the film."""
        firsts = self.firsts
        return Links(firsts[earlier] + first - 1, firsts[later] + second - 1, cost)


def centroids(labels: Labels, sizes: Ints) -> Floats:
    """`(N + 1, 2)` mean y and x in px of each id of `(H, W)` labels; 0 of the background."""
    y, x = np.nonzero(labels)
    ids = labels[y, x]
    sums = [np.bincount(ids, place, minlength=len(sizes)) for place in (y, x)]
    means: Floats = np.stack(sums, axis=1) / np.maximum(sizes, 1)[:, None]
    return means
