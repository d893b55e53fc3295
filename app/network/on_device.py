"""Passes as in passes.py on a torch device: 8-bit rows go there, the mean comes back, and nothing in between.

    strips   rows of the image, uploaded once for all windows and passes that need them
    grid     what part of each pixel's mean a window makes
    mean     sums in the device's memory, in bands for a slide as on the CPU
    pass     windows cut, flipped, predicted, turned back and summed

Without a GPU the same code runs on torch's CPU, where the tests hold it to NumPy's results.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import cached_property, partial

import numpy as np
import torch
from numpy.typing import NDArray

from ..settings import Windows
from .passes import EMPTY_LOGIT, Array, Mean, Pass, Where, signs
from .strips import KEPT, Rows, Strips
from .windows import Grid, View, importance


def on_device(name: str) -> Where:
    """What passes are made of on the torch device `name`; the engines must have `on_device`."""
    device = torch.device(name)
    return Where(
        partial(DeviceStrips, device=device),
        partial(DeviceGrid, device=device),
        partial(DeviceMean, device=device),
        DevicePass,
    )


class DeviceStrips(Strips):
    """Strips whose pixels lie on the device as well; their extremes are the CPU's to look at."""

    def __init__(self, image: Rows, *, device: torch.device) -> None:
        super().__init__(image)
        self.device = device
        self.there: OrderedDict[tuple[int, int], torch.Tensor] = OrderedDict()

    def pixels(self, y0: int, y1: int) -> torch.Tensor:
        """`(y1 - y0, W, 3)` 8-bit steps on the device."""
        pixels = self.there.pop((y0, y1), None)
        if pixels is None:
            pixels = torch.from_numpy(np.array(self.at(y0, y1).pixels)).to(self.device)
        self.there[y0, y1] = pixels
        if len(self.there) > KEPT:
            self.there.popitem(last=False)
        return pixels

    def window(self, grid: Grid, y: int, x: int) -> Array:
        """`(S, S, 3)` as the CPU's, on the device."""
        y0, x0, y1, x1 = grid.inside(y, x)
        size = grid.windows.size
        missing = (0, 0, x0 - x, x + size - x1, y0 - y, y + size - y1)
        window = torch.nn.functional.pad(self.pixels(y0, y1)[:, x0:x1], missing)
        return window.flip(mirrored(grid.view, 0))


class DeviceGrid(Grid):
    """A grid whose norms are the device's."""

    def __init__(self, shape: tuple[int, int], view: View, windows: Windows, *, device: torch.device) -> None:
        super().__init__(shape, view, windows)
        self.device = device

    @cached_property
    def row_there(self) -> torch.Tensor:
        """`(size, W)`: `row`, on the device."""
        return torch.from_numpy(self.row).to(self.device)

    def norm(self, y: int) -> Array:
        """`(h, W)` as the CPU's, on the device."""
        y0, _, y1, _ = self.inside(y, 0)
        total = torch.zeros((y1 - y0, self.shape[1]), device=self.device)
        for other in self.ys:
            top, bottom = max(y0, other), min(y1, other + self.windows.size)
            if top < bottom:
                total[top - y0 : bottom - y0] += self.row_there[top - other : bottom - other]
        return total.reciprocal_()


class DeviceMean(Mean):
    """A mean whose sums are the device's; at most one batch is on its way while the next is prepared."""

    def __init__(self, width: int, *, device: torch.device) -> None:
        self.device = device
        self.batch: torch.cuda.Event | None = None  # the last one that was sent
        super().__init__(width)

    def zeros(self, rows: int) -> Array:
        """`(4, rows, W)` on the device."""
        return torch.zeros((4, rows, self.width), device=self.device)

    def add(self, output: Array | None, weight: Array, corner: tuple[int, int]) -> None:
        """As on the CPU."""
        y0, x0 = corner[0] - self.top, corner[1]
        into = self.sums[:, y0 : y0 + weight.shape[0], x0 : x0 + weight.shape[1]]
        into[3] += weight
        if output is None:
            into[2].add_(weight, alpha=EMPTY_LOGIT)
        else:
            into[:3].addcmul_(output, weight)

    def release(self, bottom: int) -> NDArray[np.float32]:
        """As on the CPU, whose memory the rows are brought to."""
        done, left = bottom - self.top, self.rows - (bottom - self.top)
        ready: NDArray[np.float32] = (self.sums[:3, :done] / self.sums[3, :done]).cpu().numpy()
        self.sums[:, :left] = self.sums[:, done : self.rows].clone()  # the two may overlap
        self.sums[:, left : self.rows] = 0
        self.top, self.rows = bottom, left
        return ready

    def pace(self) -> None:
        """Waits for the batch before this one, so that the clock sees what batches take."""
        if self.device.type == "cuda":
            if self.batch is not None:
                self.batch.synchronize()
            self.batch = torch.cuda.Event()
            self.batch.record()


class DevicePass(Pass):
    """A pass over windows that never leave the device."""

    mean: DeviceMean

    def predict(self, windows: list[Array]) -> Array:
        """`(B, 3, S, S)`, turned back."""
        self.mean.pace()
        outputs = self.engine.on_device(torch.stack(windows))  # type: ignore[attr-defined]
        sign = torch.from_numpy(signs(self.grid.view)).to(self.mean.device)
        return outputs.flip(mirrored(self.grid.view, 2)) * sign[:, None, None]

    def importances(self, windows: Windows) -> Array:
        """`(S, S)` on the device."""
        return torch.from_numpy(importance(windows.size, windows.sigma)).to(self.mean.device)


def mirrored(view: View, first: int) -> list[int]:
    """The axes that `view` mirrors, where that of y is `first` and that of x the next."""
    return [first + axis for axis, wanted in enumerate(view.value) if wanted]
