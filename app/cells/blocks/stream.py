"""Bands in, rows of labels out: bands are held until their blocks are tracked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from ...settings import Tracking
from ..choice import form_for
from .geometry import row_of_blocks, tops
from .join import join
from .rows import Rows
from .track import Tracked, largest_halo, track_block


def stream(
    bands: Iterable[tuple[NDArray[np.float32], NDArray[np.float32]]],
    shape: tuple[int, int],
    tracking: Tracking,
    device: str,
    scored: Callable[[NDArray[np.float32]], None],
) -> Iterator[NDArray[np.int32]]:
    """See app.cells.track_bands."""
    return join(tracked_rows(bands, shape, tracking, device), shape, tracking, scored)


def tracked_rows(
    bands: Iterable[tuple[NDArray[np.float32], NDArray[np.float32]]],
    shape: tuple[int, int],
    tracking: Tracking,
    device: str,
) -> Iterator[Iterator[Tracked]]:
    """The rows of blocks, each once the bands that it needs are there."""
    height, width = shape
    largest = largest_halo(tracking)
    form = form_for(device, tracking.block**2)
    rows = Rows(height, width)
    ahead = iter(bands)
    for y0 in tops(height, tracking.block):
        y1 = min(y0 + tracking.block, height)
        while rows.bottom < min(y1 + largest, height):
            band = next(ahead, None)
            if band is None:
                raise ValueError(f"the bands end at row {rows.bottom} of {height}")
            rows.add(np.asarray(band[0]), np.asarray(band[1]))
        blocks = row_of_blocks(y0, tracking.block, height, width)
        tracked = (track_block(rows, inner, tracking, form) for inner in blocks)
        yield (block for block in tracked if block is not None)
        rows.forget(y1 - largest)
    for flow, probability in ahead:  # what is too much is refused there
        rows.add(np.asarray(flow), np.asarray(probability))
