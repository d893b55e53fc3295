"""Labels of one image and what is known of each cell, kept in step while pixels change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Box:
    """Pixels y0..y1 by x0..x1, ends exclusive."""

    y0: int
    x0: int
    y1: int
    x1: int

    @property
    def inside(self) -> tuple[slice, slice]:
        """As an index."""
        return np.s_[self.y0 : self.y1, self.x0 : self.x1]


class Cells:
    """`labels` `(H, W)` int32, ids with gaps, 0 background; per id its box, size and score."""

    def __init__(self, labels: NDArray[np.int32], scores: NDArray[np.float32]) -> None:
        """`scores` `(N,)` are those of ids 1..N; it looks at all pixels once."""
        from ..cells.ids import survey

        self.labels = labels
        boxes, sizes, _, _ = survey(labels, len(scores))
        self.boxes: NDArray[np.int32] = boxes  # (n, 4) y0, x0, y1, x1; y1 = 0 where an id is absent
        self.sizes: NDArray[np.int32] = sizes  # (n,) px
        self.scores: NDArray[np.float32] = np.concatenate([np.zeros(1, np.float32), scores])

    def at(self, x: float, y: float) -> int:
        """The id at a place of the image; 0 where there is no cell."""
        return int(self.labels[int(y), int(x)])

    @property
    def ids(self) -> NDArray[np.intp]:
        """Those that are there, ascending."""
        return np.flatnonzero(self.sizes)

    def put(self, box: Box, pixels: NDArray[np.int32]) -> None:
        """New pixels in `box`, which holds every cell that changes with all its pixels; new ids score 1."""
        before = self.labels[box.inside]
        changed = np.unique(np.concatenate([before[before != pixels], pixels[before != pixels]]))
        last = int(pixels.max(initial=0))
        if last >= len(self.sizes):
            more = last + 1 - len(self.sizes)
            self.boxes = np.pad(self.boxes, ((0, more), (0, 0)))
            self.sizes = np.pad(self.sizes, (0, more))
            # a person said that it is a cell
            self.scores = np.pad(self.scores, (0, more), constant_values=1)
        self.labels[box.inside] = pixels
        for cell in changed[changed > 0].tolist():
            ys, xs = np.nonzero(pixels == cell)
            self.sizes[cell] = len(ys)
            self.boxes[cell] = 0
            if len(ys):
                self.boxes[cell] = (
                    box.y0 + ys.min(),
                    box.x0 + xs.min(),
                    box.y0 + ys.max() + 1,
                    box.x0 + xs.max() + 1,
                )

    def forget_from(self, first: int) -> None:
        """Ids from `first` on were never given; none of them is in the labels."""
        self.boxes, self.sizes, self.scores = self.boxes[:first], self.sizes[:first], self.scores[:first]
