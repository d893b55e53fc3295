"""Windows over an image: where they lie, how views turn them, how they become one mean.

    start −p                                   a window may begin before the image
      ┌──────────┬─ ─ ─ ─                      (images under 512 are padded on both
      │ window 0 │  window 1  …                sides); neighbours share `overlap`;
      └──────────┴─ ─ ─ ─                      the last one ends with the image

A pass (one model, one view) works down the rows of windows and hands out rows
of the image as soon as no window to come can touch them. A whole image is one
such hand-out, a slide is many: memory grows with the width, not the area.
Equal to MONAI's `sliding_window_inference(mode="gaussian",
padding_mode="constant")` on the view, turned back (tests/test_windows.py).
"""

from __future__ import annotations

import enum
import math
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from app.engines import Engine
from app.settings import Windows

Scalar = TypeVar("Scalar", bound=np.generic)

LEAST_IMPORTANCE = 1e-3  # MONAI's floor, so that corners are never divided by nearly nothing
EMPTY_LOGIT = -10.0  # what an empty window predicts: no cell, sigmoid 5e-5


class View(enum.Enum):
    """How the network sees the image; `(flip y, flip x)`."""

    IDENTITY = (False, False)
    HORIZONTAL = (False, True)
    VERTICAL = (True, False)


class Rows(Protocol):
    """Anything that gives rows of an image, such as `app.images.ImageSource`."""

    def rows(self, y0: int, y1: int, /) -> NDArray[np.uint8]:
        """`(y1 - y0, W, 3)` 8-bit steps."""


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


class Pass:
    """One model over all windows of one view, rows handed out from the top."""

    def __init__(
        self,
        engine: Engine,
        image: Rows,
        shape: tuple[int, int],
        view: View,
        windows: Windows,
        *,
        after_batch: Callable[[int, float], None] = lambda _count, _seconds: None,
    ) -> None:
        """`after_batch(windows, seconds)` is told of each batch; it may raise, to stop between batches."""
        self.engine = engine
        self.image = image
        self.shape = shape
        self.view = view
        self.windows = windows
        self.after_batch = after_batch
        self.xs = starts(shape[1], windows, flipped=view.value[1])
        self.pending = starts(shape[0], windows, flipped=view.value[0])  # tops of the rows of windows to do
        self.strip = (0, 0, np.empty((0, shape[1], 3), np.uint8))  # top, bottom and pixels last read
        self.top = 0  # first image row of `sums`
        self.sums = np.zeros((4, 0, shape[1]), np.float32)  # flow y, flow x, logit; importance

    @property
    def windows_left(self) -> int:
        """Windows that the rest of the image takes."""
        return len(self.pending) * len(self.xs)

    def rows(self, y1: int) -> NDArray[np.float32]:
        """`(3, n, W)` flow y, flow x, logit of the rows from the last hand-out to `y1` (exclusive)."""
        due = [y for y in self.pending if y < y1]
        self.pending = self.pending[len(due) :]
        bottom = min(max([y1, *(y + self.windows.size for y in due)]), self.shape[0])
        self.grow(bottom)
        corners = [(y, x) for y in due for x in self.xs]
        for first in range(0, len(corners), self.engine.batch):
            self.predict(corners[first : first + self.engine.batch])
        done = y1 - self.top
        ready = self.sums[:3, :done] / self.sums[3, :done]
        self.sums = self.sums[:, done:].copy()  # a view would keep the rows above alive
        self.top = y1
        return ready

    def grow(self, bottom: int) -> None:
        """Makes room in `sums` down to image row `bottom`."""
        rows = bottom - self.top
        if rows > self.sums.shape[1]:
            grown = np.zeros((4, rows, self.shape[1]), np.float32)
            grown[:, : self.sums.shape[1]] = self.sums
            self.sums = grown

    def predict(self, corners: list[tuple[int, int]]) -> None:
        """Runs one batch and adds it to the sums; windows without signal are not run at all."""
        began = time.monotonic()
        cut = [self.cut(y, x) for y, x in corners]
        full = [i for i, window in enumerate(cut) if not is_empty(window, self.windows)]
        outputs: Iterator[NDArray[np.float32]] = iter(())
        if full:
            batch = np.stack([cut[i] for i in full]).transpose(0, 3, 1, 2)  # (B, 3, S, S)
            outputs = iter(self.engine(np.ascontiguousarray(batch, np.float32) / np.float32(255)))
        for i, corner in enumerate(corners):
            self.add(next(outputs) if i in full else None, *corner)
        self.after_batch(len(corners), time.monotonic() - began)

    def cut(self, y: int, x: int) -> NDArray[np.uint8]:
        """`(S, S, 3)` of the view at image corner `(y, x)`; zeros outside the image."""
        height, width = self.shape
        size = self.windows.size
        y0, y1, x0, x1 = max(y, 0), min(y + size, height), max(x, 0), min(x + size, width)
        window = np.zeros((size, size, 3), np.uint8)
        if self.strip[:2] != (y0, y1):  # read once for all windows of a row
            self.strip = (y0, y1, self.image.rows(y0, y1))
        window[y0 - y : y1 - y, x0 - x : x1 - x] = self.strip[2][:, x0:x1]
        return flip(window, self.view, (0, 1))

    def add(self, output: NDArray[np.float32] | None, y: int, x: int) -> None:
        """Adds one window's `(3, S, S)` output, or that of an empty one, where it lies in the image."""
        height, width = self.shape
        size = self.windows.size
        y0, y1, x0, x1 = max(y, self.top), min(y + size, height), max(x, 0), min(x + size, width)
        inside = np.s_[y0 - y : y1 - y, x0 - x : x1 - x]
        weight = importance(size, self.windows.sigma)[inside]  # symmetric, so no view changes it
        into = self.sums[:, y0 - self.top : y1 - self.top, x0:x1]
        into[3] += weight
        if output is None:
            into[2] += EMPTY_LOGIT * weight
            return
        turned = flip(output, self.view, (1, 2))[:, *inside]
        flip_y, flip_x = self.view.value
        # a mirrored flow points the other way along the mirrored axis
        into[0] += (-weight if flip_y else weight) * turned[0]
        into[1] += (-weight if flip_x else weight) * turned[1]
        into[2] += weight * turned[2]


def flip(array: NDArray[Scalar], view: View, axes: tuple[int, int]) -> NDArray[Scalar]:
    """`array` as `view` sees it; the axes are those of y and x. Flips are their own inverse."""
    turned = tuple(axis for axis, wanted in zip(axes, view.value, strict=True) if wanted)
    return np.flip(array, turned) if turned else array


def is_empty(window: NDArray[np.uint8], windows: Windows) -> bool:
    """Whether a window holds no signal: hardly any spread over all its pixels and channels."""
    return int(window.max()) - int(window.min()) <= windows.empty_range
