"""Passes over an image and their mean, in rows from the top.

A pass (one model, one view) works down the rows of windows. All passes add to
one mean, each window in the part that it has of its pixels' sum; rows are
handed out when no window to come can touch them. A whole image is one such
hand-out, a slide is many: memory grows with the width, and not with the area
or with the number of passes.

Here the arrays are NumPy's; on_device.py has the same on a GPU.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..settings import Windows
from .engines import Engine
from .strips import Rows, Strips
from .windows import Grid, View, flip, importance

Array = Any  # NumPy's, or torch's where the passes run on a device
EMPTY_LOGIT = -10.0  # what an empty window predicts: no cell, sigmoid 5e-5


@dataclass(frozen=True)
class Seen:
    """What a batch was, for whoever keeps the time."""

    windows: int  # gone through, with those that held no signal
    run: int  # of these, through the network
    seconds: float


class Mean:
    """Rows `top` and below of the mean over passes, in one buffer that moves down the image."""

    def __init__(self, width: int) -> None:
        self.top = 0
        self.rows = 0  # of the buffer that are in use; those below are zeros
        self.width = width
        self.sums = self.zeros(0)  # flow y, flow x, logit; passes that are in them

    def zeros(self, rows: int) -> Array:
        """`(4, rows, W)`, where this mean's arrays are."""
        return np.zeros((4, rows, self.width), np.float32)

    def grow(self, bottom: int) -> None:
        """Makes room down to image row `bottom`."""
        rows = bottom - self.top
        if rows > self.sums.shape[1]:
            grown = self.zeros(rows)
            grown[:, : self.rows] = self.sums[:, : self.rows]
            self.sums = grown
        self.rows = max(self.rows, rows)

    def add(self, output: Array | None, weight: Array, corner: tuple[int, int]) -> None:
        """Adds `(3, h, w)`, or what an empty window gives, by `(h, w)` weights at `corner` of the image."""
        y0, x0 = corner[0] - self.top, corner[1]
        into = self.sums[:, y0 : y0 + weight.shape[0], x0 : x0 + weight.shape[1]]
        into[3] += weight
        if output is None:
            into[2] += EMPTY_LOGIT * weight
            return
        for plane in range(3):  # one by one, so that temporaries stay in the cache
            into[plane] += output[plane] * weight

    def release(self, bottom: int) -> NDArray[np.float32]:
        """`(3, n, W)` flow y, flow x, logit of the rows from the last hand-out to `bottom` (exclusive)."""
        done, left = bottom - self.top, self.rows - (bottom - self.top)
        ready: NDArray[np.float32] = self.sums[:3, :done] / self.sums[3, :done]
        self.sums[:, :left] = self.sums[:, done : self.rows]
        self.sums[:, left : self.rows] = 0
        self.top, self.rows = bottom, left
        return ready


class Pass:
    """One model over all windows of one view, from the top."""

    def __init__(
        self,
        engine: Engine,
        strips: Strips,
        grid: Grid,
        mean: Mean,
        after_batch: Callable[[Seen], None] = lambda _: None,
    ) -> None:
        """`after_batch` may raise, to stop between batches."""
        self.engine = engine
        self.strips = strips
        self.grid = grid
        self.mean = mean
        self.after_batch = after_batch
        self.importance = self.importances(grid.windows)
        self.pending = list(grid.ys)  # tops of the rows of windows to do

    @property
    def windows_left(self) -> int:
        """Windows that the rest of the image takes."""
        return len(self.pending) * len(self.grid.xs)

    def go_to(self, bottom: int) -> None:
        """Does all windows that begin above image row `bottom`."""
        due = [y for y in self.pending if y < bottom]
        self.pending = self.pending[len(due) :]
        self.mean.grow(max([bottom, *(self.grid.inside(y, 0)[2] for y in due)]))
        size = self.engine.batch  # waits for an engine that is still being loaded, which is no window's time
        batch: list[Placed] = []
        skipped = 0
        began = time.monotonic()
        for y in due:
            norm = self.grid.norm(y)
            for x in self.grid.xs:
                if self.strips.is_empty(self.grid, y, x):
                    skipped += 1
                    self.add(None, norm, y, x)
                    continue
                batch.append(Placed(self.strips.window(self.grid, y, x), norm, y, x))
                if len(batch) == size:
                    self.run(batch, skipped, began)
                    batch, skipped, began = [], 0, time.monotonic()
        self.run(batch, skipped, began)

    def run(self, batch: list[Placed], skipped: int, began: float) -> None:
        """A batch through the network; `skipped` windows before it held no signal."""
        if batch:
            outputs = self.predict([placed.window for placed in batch])
            for placed, output in zip(batch, outputs, strict=True):
                self.add(output, placed.norm, placed.y, placed.x)
        if batch or skipped:
            self.after_batch(Seen(len(batch) + skipped, len(batch), time.monotonic() - began))

    def predict(self, windows: list[Array]) -> Array:
        """Windows `(S, S, 3)` of the view through the network: `(B, 3, S, S)`, turned back."""
        batch = np.stack(windows).transpose(0, 3, 1, 2)
        outputs = self.engine(np.ascontiguousarray(batch, np.float32) / np.float32(255))
        if self.grid.view is View.IDENTITY:
            return outputs
        return flip(outputs, self.grid.view, (2, 3)) * signs(self.grid.view)[:, None, None]

    def importances(self, windows: Windows) -> Array:
        """`(S, S)`; symmetric, so no view changes it."""
        return importance(windows.size, windows.sigma)

    def add(self, output: Array | None, norm: Array, y: int, x: int) -> None:
        """Adds the output `(3, S, S)` of the window at `(y, x)` where it lies in the image."""
        y0, x0, y1, x1 = self.grid.inside(y, x)
        inside = np.s_[y0 - y : y1 - y, x0 - x : x1 - x]
        weight = self.importance[inside] * norm[:, x0:x1]
        self.mean.add(None if output is None else output[:, *inside], weight, (y0, x0))


@dataclass(frozen=True)
class Placed:
    """A window with signal: `(S, S, 3)`, the norm of its row of windows, its corner in the image."""

    window: Array
    norm: Array
    y: int
    x: int


def signs(view: View) -> NDArray[np.float32]:
    """`(3,)` for flow y, flow x, logit: a mirrored flow points the other way along the mirrored axis."""
    flip_y, flip_x = view.value
    return np.array([-1 if flip_y else 1, -1 if flip_x else 1, 1], np.float32)


@dataclass(frozen=True)
class Where:
    """What passes are made of, for one kind of memory."""

    strips: Callable[[Rows], Strips]
    grid: Callable[[tuple[int, int], View, Windows], Grid]
    mean: Callable[[int], Mean]
    one: type[Pass]


IN_MEMORY = Where(Strips, Grid, Mean, Pass)


def single_pass(
    engine: Engine,
    image: Rows,
    shape: tuple[int, int],
    view: View,
    windows: Windows,
    where: Where = IN_MEMORY,
) -> NDArray[np.float32]:
    """`(3, H, W)` flow y, flow x, logit of one pass over the whole of an image."""
    mean = where.mean(shape[1])
    where.one(engine, where.strips(image), where.grid(shape, view, windows), mean).go_to(shape[0])
    return mean.release(shape[0])
