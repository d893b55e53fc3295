"""Rows of an image as windows need them: read once for all windows of a row, with what they hold."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .windows import Grid, flip

KEPT = 4  # strips; the passes of a band of a slide come back to the same few
LOOKS = 8  # rows of windows that are looked at for signal


class Rows(Protocol):
    """Anything that gives rows of an image, such as `app.read.ImageSource`."""

    def rows(self, y0: int, y1: int, /) -> NDArray[np.uint8]:
        """`(y1 - y0, W, 3)` 8-bit steps."""


@dataclass(frozen=True)
class Strip:
    """Some image rows, and the extremes of each column over them and all channels."""

    pixels: NDArray[np.uint8]  # (h, W, 3)
    low: NDArray[np.uint8]  # (W,)
    high: NDArray[np.uint8]  # (W,)


class Strips:
    """Strips of one image, the last few kept."""

    def __init__(self, image: Rows) -> None:
        self.image = image
        self.kept: OrderedDict[tuple[int, int], Strip] = OrderedDict()

    def at(self, y0: int, y1: int) -> Strip:
        """Image rows y0 to y1 (exclusive)."""
        strip = self.kept.pop((y0, y1), None) or self.read(y0, y1)
        self.kept[y0, y1] = strip
        if len(self.kept) > KEPT:
            self.kept.popitem(last=False)
        return strip

    def read(self, y0: int, y1: int) -> Strip:
        pixels = self.image.rows(y0, y1)
        flat = pixels.reshape(y1 - y0, -1)  # the reduction over rows alone is vectorised
        low, high = flat.min(axis=0), flat.max(axis=0)
        return Strip(pixels, low.reshape(-1, 3).min(axis=1), high.reshape(-1, 3).max(axis=1))

    def is_empty(self, grid: Grid, y: int, x: int) -> bool:
        """Whether the grid's window at `(y, x)` holds no signal: hardly any spread over all that is in it."""
        y0, x0, y1, x1 = grid.inside(y, x)
        strip = self.at(y0, y1)
        padded = (y1 - y0, x1 - x0) != (grid.windows.size, grid.windows.size)
        low = 0 if padded else int(strip.low[x0:x1].min())
        return int(strip.high[x0:x1].max()) - low <= grid.windows.empty_range

    def signal(self, grid: Grid) -> float:
        """The part of the grid's windows that hold signal, by a look at a few rows of them."""
        rows = grid.ys[:: math.ceil(len(grid.ys) / LOOKS)]
        found = [not self.is_empty(grid, y, x) for y in rows for x in grid.xs]
        return max(sum(found), 1) / len(found)

    def window(self, grid: Grid, y: int, x: int) -> NDArray[np.uint8]:
        """`(S, S, 3)` of the grid's view at image corner `(y, x)`, zeros outside the image."""
        y0, x0, y1, x1 = grid.inside(y, x)
        window = np.zeros((grid.windows.size, grid.windows.size, 3), np.uint8)
        window[y0 - y : y1 - y, x0 - x : x1 - x] = self.at(y0, y1).pixels[:, x0:x1]
        return flip(window, grid.view, (0, 1))
