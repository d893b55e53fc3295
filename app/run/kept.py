"""What a slide's network saw at its finest scale, for the outputs that need it after all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..cells import on_image_grid
from ..cells.multiscale import in_bytes
from ..cells.spool import Spool
from ..network import Band, scaled
from ..write.rows import OnDisk, Rows


@dataclass(frozen=True)
class FoundOnDisk:
    """The cells of a slide, as `app.cells.Found` those of an image that is held whole."""

    labels: Rows  # (H, W) int32
    scores: NDArray[np.float32]  # (N,) in [0, 1]
    flow: NDArray[np.float32] | None  # (2, H, W); None where nothing needs it
    probability: Rows | None  # (H, W); likewise


class Kept:
    """Probabilities for a table on the disk, in steps of 1/255; flows in memory, as their archive has them.

    A context manager.
    """

    def __init__(self, save: tuple[str, ...], shape: tuple[int, int], scale: float, folder: Path) -> None:
        """`save` is what will be written of an image of `shape`; `folder` has room."""
        self.shape, self.scale = shape, scale
        grid = scaled(shape, scale)
        self.rows = 0
        self.open = ExitStack()
        self.spool: Spool | None = None
        self.band: Band | None = None
        if "flows" in save:
            self.band = np.empty((2, *grid), np.float32), np.empty(grid, np.float32)
        elif "table" in save:
            self.spool = self.open.enter_context(Spool(folder))

    @property
    def wanted(self) -> bool:
        """Whether any of it is."""
        return self.band is not None or self.spool is not None

    def collect(self, bands: Iterable[Band]) -> Iterator[Band]:
        """Passes `bands` on, and keeps of them what is needed."""
        for flow, probability in bands:
            if self.band is not None:
                into = np.s_[self.rows : self.rows + len(probability)]
                self.band[0][:, into], self.band[1][into] = flow, probability
                self.rows += len(probability)
            if self.spool is not None:
                self.spool.append(in_bytes(probability))
            yield flow, probability

    def on_image_grid(self) -> tuple[NDArray[np.float32] | None, Rows | None]:
        """Flow `(2, H, W)` and probability `(H, W)`; None where nothing needs them."""
        if self.band is not None:
            return self.band if self.scale == 1 else on_image_grid(self.scale, self.band, self.shape)
        return None, None if self.spool is None else OnDisk(self.shape, self.probability)

    def probability(self, y0: int, y1: int) -> NDArray[np.float32]:
        """`(y1 - y0, W)`."""
        assert self.spool is not None
        ys, xs = (((np.arange(side) + 0.5) * self.scale).astype(np.intp) for side in self.shape)
        ys = ys[y0:y1]
        rows = self.spool.rows(int(ys[0]), int(ys[-1]) + 1)
        return np.divide(rows[(ys - ys[0])[:, None], xs], 255, dtype=np.float32)

    def __enter__(self) -> Kept:
        return self

    def __exit__(self, *_: object) -> None:
        self.open.close()
