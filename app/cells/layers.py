"""What tracking found at one scale, row by row on the image's grid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .enlarge import MARGIN, enlarge


class Stored(Protocol):
    """Rows that can be read more than once."""

    def rows(self, y0: int, y1: int, /) -> NDArray[Any]:
        """Rows y0 to y1 (exclusive)."""


@dataclass(frozen=True)
class Held:
    """Rows in memory."""

    array: NDArray[Any]

    def rows(self, y0: int, y1: int) -> NDArray[Any]:
        """Rows y0 to y1 (exclusive)."""
        return self.array[y0:y1]


@dataclass(frozen=True)
class Layer:
    """The cells of one scale on its own grid, `(h, w)` of `scale` times the image's size."""

    scale: float
    shape: tuple[int, int]  # h, w
    labels: Stored  # int32, 1..n
    probability: Stored  # uint8, 255 is 1
    scores: NDArray[np.float32]  # (n,) in [0, 1]
    areas: NDArray[np.int64]  # (n + 1,) px of its own grid
    threshold: float  # of the probability

    @property
    def diameters(self) -> NDArray[np.float64]:
        """`(n + 1,)` px of its own grid: of the circle of the same area."""
        return 2 * np.sqrt(self.areas / math.pi)

    def rows(self, y0: int, y1: int, width: int) -> NDArray[np.int32]:
        """`(y1 - y0, width)` on the image's grid."""
        if self.scale == 1:
            return self.labels.rows(y0, y1)
        top = max(math.floor(y0 * self.scale) - MARGIN, 0)
        bottom = min(math.ceil(y1 * self.scale) + MARGIN, self.shape[0])
        rows = self.labels.rows(top, bottom), self.probability.rows(top, bottom)
        return enlarge(*rows, top, self.scale, (y0, y1, width), self.threshold)
