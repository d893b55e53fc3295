"""Where cells are put: labels that grow cell by cell, and what lies hidden beneath them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from training.synthetic.fields import Random, smooth
from training.synthetic.outlines import Outline

if TYPE_CHECKING:
    from training.synthetic.fill import Pixels

SMALLEST = 20  # px of a labelled cell; what is smaller is a speck in the image and no cell

Labels = NDArray[np.int32]


@dataclass(frozen=True)
class Layout:
    """Which pixel belongs to which cell."""

    name: str
    labels: Labels  # (S, S), 1..N
    hidden: NDArray[np.uint8]  # (S, S), how many further cells lie beneath the labelled one
    diameter: float  # px, of a typical cell; scales of textures and borders go with it


class Canvas:
    """Outlines painted one after the other; a later cell lies beneath the earlier ones."""

    def __init__(
        self, size: int, warp: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None
    ) -> None:
        self.size = size
        self.warp = warp  # (S, S) px down and across by which outlines are pulled about
        self.labels: Labels = np.zeros((size, size), np.int32)
        self.hidden = np.zeros((size, size), np.uint8)
        self.count = 0

    def paint(self, outlines: Iterable[Outline], centre: NDArray[np.floating], free: float = 0.6) -> bool:
        """Adds a cell made of one or more outlines, unless less than `free` of its first would show."""
        body = None
        for outline in outlines:
            y, x = self.pixels(outline + centre)
            taken = self.labels[y, x]
            bare = taken == 0
            if body is None:
                if len(y) == 0 or bare.mean() < free:
                    return False
                self.count += 1
                body = self.count
                self.hidden[y[~bare], x[~bare]] += 1
            self.labels[y[bare], x[bare]] = body
        return body is not None

    def pixels(self, points: Outline) -> Pixels:
        """Rows and columns inside of an outline, as far as they lie on the canvas."""
        from training.synthetic.fill import fill  # numba is imported only where cells are drawn

        if self.warp is not None:
            y, x = points.round().astype(int).clip(0, self.size - 1).T
            points = points + np.stack([field[y, x] for field in self.warp], axis=1)
        return fill(np.ascontiguousarray(points, np.float64), self.size)

    def finish(self, name: str, diameter: float) -> Layout:
        """The layout as painted."""
        return Layout(name, self.labels, self.hidden, diameter)


def warp(
    rng: Random, size: int, scale: float, reach: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Two fields `(S, S)` px that pull outlines about, by some `reach` px over distances of `scale` px."""
    return reach * smooth(rng, size, scale, 3), reach * smooth(rng, size, scale, 3)


def borders(labels: Labels) -> NDArray[np.bool_]:
    """`(S, S)` pixels with a neighbour above, below, left or right of another label."""
    edge = np.zeros(labels.shape, bool)
    down, across = labels[1:] != labels[:-1], labels[:, 1:] != labels[:, :-1]
    edge[1:] |= down
    edge[:-1] |= down
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    return edge


def part(labels: Labels) -> Labels:
    """`labels` with one pixel of ground between cells that touch."""
    edge = np.zeros(labels.shape, bool)
    edge[1:] |= (labels[1:] != labels[:-1]) & (labels[:-1] > 0)
    edge[:, 1:] |= (labels[:, 1:] != labels[:, :-1]) & (labels[:, :-1] > 0)
    return np.where(edge, 0, labels)


def tidy(labels: Labels, smallest: int = SMALLEST) -> Labels:
    """Ids 1..N without gaps, each one piece of `smallest` px at least; the largest piece of a cell stays."""
    from skimage.measure import label

    pieces = label(labels, background=0, connectivity=1)  # a piece is of one id: that is how skimage counts
    areas = np.bincount(pieces.ravel())
    cell = np.zeros(len(areas), np.int64)
    cell[pieces.ravel()] = labels.ravel()
    order = np.lexsort((areas, cell))  # of each cell the largest piece comes last
    last = np.append(cell[order][1:] != cell[order][:-1], True)
    kept = order[last & (cell[order] > 0) & (areas[order] >= smallest)]
    ids = np.zeros(len(areas), np.int32)
    ids[kept] = np.arange(1, len(kept) + 1)
    return ids[pieces]
