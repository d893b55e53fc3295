"""What an image looks like to the network: the encoder's last map over one window, as one vector.

The window is the one of a few rows, at scale 1, that shows most: a slide is glass in
many places, and glass looks alike on every slide.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .strips import Rows, Strips
from .windows import Grid

ROWS = 3  # of windows that are gone through for the window that shows most
STEP = 8  # px: of a window every so many are enough to see how much it shows
LEAST = 1e-12  # length, below which a vector has no direction


def embedding(window: NDArray[np.float32], features: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(3, S, S)` window in [0, 1] and `(C, s, s)` features of it → `(C,)` of length 1.

    Only places count that see something: a small image is padded with zeros,
    and how large it is says nothing about what it shows.
    """
    side = features.shape[1]
    step = window.shape[1] // side
    seen = window.reshape(len(window), side, step, side, step).max(axis=(0, 2, 4)) > 0  # (s, s)
    if not seen.any():
        seen = np.ones_like(seen)
    mean = features[:, seen].mean(axis=1, dtype=np.float32)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), LEAST), np.float32)


class Watched(Protocol):
    """An engine that was loaded with `watch`."""

    embedding: NDArray[np.float32] | None

    def look(self) -> None:
        """The embedding of the next window is wanted."""

    def __call__(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """As every engine."""


def look(engine: Watched, image: Rows, grid: Grid) -> tuple[float, ...] | None:
    """The embedding of an image whose windows are those of `grid`; None for one without signal.

    None, too, from an engine that sees no more: a GPU's that ran out of memory and handed over to the CPU.
    """
    window = telling(Strips(image), grid)
    if window is None:
        return None
    engine.look()
    engine(alone(window))
    return None if engine.embedding is None else tuple(map(float, engine.embedding))


def alone(window: NDArray[np.uint8]) -> NDArray[np.float32]:
    """`(S, S, 3)` 8-bit steps → `(1, 3, S, S)` in [0, 1], as an engine takes it."""
    return np.ascontiguousarray(window.transpose(2, 0, 1)[None], np.float32) / np.float32(255)


def telling(strips: Strips, grid: Grid) -> NDArray[np.uint8] | None:
    """`(S, S, 3)`: of a few rows of windows, evenly down the image, the one with the largest spread."""
    count = min(ROWS, len(grid.ys))
    tops = [grid.ys[math.floor((i + 0.5) * len(grid.ys) / count)] for i in range(count)]
    best, most = None, -1.0
    for y in tops:
        for x in grid.xs:
            if strips.is_empty(grid, y, x):
                continue
            y0, x0, y1, x1 = grid.inside(y, x)
            spread = float(strips.at(y0, y1).pixels[::STEP, x0:x1:STEP].std())
            if spread > most:
                best, most = (y, x), spread
    return None if best is None else strips.window(grid, *best)
