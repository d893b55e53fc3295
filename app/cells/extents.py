"""Cells too large for tracking, told from the final labels.

A pixel moves one px a step at most, so one further than `niter` px from its
cell's centre never gets there: what is found of such a cell is a disc of that
radius. A mask about as wide as that is worth a warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from ..settings import Tracking

NEAR = 0.95  # part of the widest disc from which a mask is suspected


class Extents:
    """The box and the area of every cell, from consecutive bands of final labels."""

    def __init__(self) -> None:
        self.boxes = np.zeros((1, 4), np.int64)  # y0, x0, y1, x1 (exclusive); y1 = 0 where unseen
        self.areas = np.zeros(1, np.int64)  # px
        self.rows = 0

    def watch(self, bands: Iterable[NDArray[np.int32]]) -> Iterator[NDArray[np.int32]]:
        """Passes `bands` on."""
        for labels in bands:
            self.add(labels)
            yield labels

    def add(self, labels: NDArray[np.int32]) -> None:
        """The next `(h, W)` rows."""
        from .ids import survey

        count = int(labels.max(initial=0))
        if count >= len(self.boxes):
            more = count + 1 - len(self.boxes)
            self.boxes, self.areas = np.pad(self.boxes, ((0, more), (0, 0))), np.pad(self.areas, (0, more))
        here, sizes = survey(labels, count)[:2]
        self.areas[: count + 1] += sizes
        seen = np.flatnonzero(here[:, 2])
        new = here[seen] + np.array([self.rows, 0, self.rows, 0])
        old = self.boxes[seen]
        new[:, :2] = np.where(old[:, 2:3] > 0, np.minimum(old[:, :2], new[:, :2]), new[:, :2])
        new[:, 2:] = np.maximum(old[:, 2:], new[:, 2:])
        self.boxes[seen] = new
        self.rows += len(labels)

    @property
    def cells(self) -> int:
        """How many cells there are; ids have no gaps."""
        return len(self.boxes) - 1

    @property
    def median_diameter(self) -> float:
        """Pixels, of the circle with the median cell's area; 0 where there is no cell."""
        areas = self.areas[self.areas > 0]
        return 2 * float(np.sqrt(np.median(areas) / np.pi)) if areas.size else 0.0

    def warning(self, tracking: Tracking, scale: float = 1.0) -> str | None:
        """One line where some cell is as wide as tracking reaches at the coarsest `scale`; else None."""
        reach = round(2 * tracking.niter / scale)
        widest = int((self.boxes[:, 2:] - self.boxes[:, :2]).max(initial=0))
        if widest < NEAR * reach:
            return None
        return (
            f"a cell is {widest} px across; of cells over {reach} px the rim is lost: "
            "give the image at half its size"
        )
