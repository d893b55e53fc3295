"""Windows over an image: where they lie, what each counts, how views turn them.

    start −p                                   a window may begin before the image
      ┌──────────┬─ ─ ─ ─                      (images under 512 are padded on both
      │ window 0 │  window 1  …                sides); neighbours share `overlap`;
      └──────────┴─ ─ ─ ─                      the last one ends with the image

Equal to MONAI's `sliding_window_inference(mode="gaussian",
padding_mode="constant")` on the view, turned back (tests/network/test_passes.py).
"""

from __future__ import annotations

import enum
import math
from functools import cached_property, lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..settings import Windows

Scalar = TypeVar("Scalar", bound=np.generic)

LEAST_IMPORTANCE = 1e-3  # MONAI's floor, so that corners are never divided by nearly nothing


class View(enum.Enum):
    """How the network sees the image; `(flip y, flip x)`."""

    IDENTITY = (False, False)
    HORIZONTAL = (False, True)
    VERTICAL = (True, False)


def starts(length: int, windows: Windows, *, flipped: bool = False) -> list[int]:
    """First pixel of each window along an axis of `length` px, ascending.

    In an image shorter than a window the only start is negative, half of what
    is missing. A flipped axis mirrors the windows, since the view is what is
    cut into windows.
    """
    missing = max(windows.size - length, 0)
    padded = length + missing
    last = padded - windows.size
    count = math.ceil(last / windows.interval) + 1
    found = [min(i * windows.interval, last) - missing // 2 for i in range(count)]
    return [length - windows.size - start for start in reversed(found)] if flipped else found


def count_windows(shape: tuple[int, int], windows: Windows) -> int:
    """How many windows one pass over `shape` takes."""
    return len(starts(shape[0], windows)) * len(starts(shape[1], windows))


@lru_cache(maxsize=4)
def importance(size: int, sigma: float) -> NDArray[np.float32]:
    """`(size, size)` Gaussian weight of a window's pixels, `sigma` in parts of `size`, 1e-3 to 1."""
    distance = np.arange(size, dtype=np.float32) - (size - 1) / 2
    line = np.exp(-(distance**2) / np.float32(2 * (sigma * size) ** 2))
    return np.maximum(np.outer(line, line), np.float32(LEAST_IMPORTANCE))


class Grid:
    """The windows of one view over an image, and what part of each pixel's mean they make."""

    def __init__(self, shape: tuple[int, int], view: View, windows: Windows) -> None:
        self.shape = shape
        self.view = view
        self.windows = windows
        self.ys = starts(shape[0], windows, flipped=view.value[0])
        self.xs = starts(shape[1], windows, flipped=view.value[1])

    def inside(self, y: int, x: int) -> tuple[int, int, int, int]:
        """y0, x0, y1, x1 of what the window at `(y, x)` covers of the image, px of the image."""
        height, width = self.shape
        size = self.windows.size
        return max(y, 0), max(x, 0), min(y + size, height), min(x + size, width)

    def keep(self, left: int, right: int) -> None:
        """Leaves out windows that touch no column from `left` to `right`; the others count as before."""
        _ = self.row  # of all windows
        insides = [(x, self.inside(0, x)) for x in self.xs]
        self.xs = [x for x, (_, x0, _, x1) in insides if x0 < right and x1 > left]

    @cached_property
    def row(self) -> NDArray[np.float32]:
        """`(size, W)`: the importances of one row of windows, added up."""
        size = self.windows.size
        each = importance(size, self.windows.sigma)
        total = np.zeros((size, self.shape[1]), np.float32)
        for x in self.xs:
            _, x0, _, x1 = self.inside(0, x)
            total[:, x0:x1] += each[:, x0 - x : x1 - x]
        return total

    def norm(self, y: int) -> NDArray[np.float32]:
        """`(h, W)`: one over the sum of all importances, on the image rows of the windows at `y`.

        With it a window's output goes straight into a mean that many passes share.
        """
        y0, _, y1, _ = self.inside(y, 0)
        total = np.zeros((y1 - y0, self.shape[1]), np.float32)
        for other in self.ys:
            top, bottom = max(y0, other), min(y1, other + self.windows.size)
            if top < bottom:
                total[top - y0 : bottom - y0] += self.row[top - other : bottom - other]
        return np.divide(1, total, out=total)


def flip(array: NDArray[Scalar], view: View, axes: tuple[int, int]) -> NDArray[Scalar]:
    """`array` as `view` sees it; the axes are those of y and x. Flips are their own inverse."""
    turned = tuple(axis for axis, wanted in zip(axes, view.value, strict=True) if wanted)
    return np.flip(array, turned) if turned else array
