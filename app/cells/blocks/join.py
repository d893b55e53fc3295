"""Tracked blocks, row by row, become rows of final labels, whoever tracked them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from ...settings import Tracking
from .canvas import Canvas
from .geometry import tops
from .track import Tracked, largest_halo


def join(
    rows: Iterable[Iterable[Tracked]],
    shape: tuple[int, int],
    tracking: Tracking,
    scored: Callable[[NDArray[np.float32]], None],
) -> Iterator[NDArray[np.int32]]:
    """Consecutive rows `(h, W)` int32 of the labels of an image of `shape`; `scored` as in `track_bands`.

    `rows` are all rows of blocks from the top; each gives its blocks that have cells, in any order.
    Raises ValueError where rows are missing.
    """
    height, width = shape
    largest = largest_halo(tracking)
    canvas = Canvas(width, tracking.min_size)
    for y0, blocks in zip(tops(height, tracking.block), rows, strict=True):
        y1 = min(y0 + tracking.block, height)
        canvas.extend(min(y1 + largest, height))
        for block in blocks:
            canvas.add(block.masks, block.outer)
        # a cell of a later block has its seed below y1, and no pixel further from it than niter steps
        finished = canvas.release(height if y1 == height else max(y1 - largest, canvas.top))
        while canvas.closed:
            scored(canvas.closed.pop(0))
        if len(finished):
            yield finished
