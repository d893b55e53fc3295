"""Bands in, bands out: rows are held until their blocks are tracked, labels until their cells are closed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from ...settings import Tracking
from ..choice import form_for
from ..masks import Form, Part, owned_masks
from ..seeds import REACH
from .canvas import Canvas
from .geometry import Block, row_of_blocks
from .rows import Rows

FIRST_HALO = 100  # px; enough for cells up to some 120 px across, and 21 % more to track
EDGE = 20  # px along a cut where the foreground may differ from the whole image's: 16 for specks, and some


def stream(
    bands: Iterable[tuple[NDArray[np.float32], NDArray[np.float32]]],
    shape: tuple[int, int],
    tracking: Tracking,
    device: str,
    scored: Callable[[NDArray[np.float32]], None],
) -> Iterator[NDArray[np.int32]]:
    """See app.cells.track_bands."""
    height, width = shape
    largest = largest_halo(tracking)
    form = form_for(device, tracking.block**2)
    rows = Rows(height, width)
    canvas = Canvas(width, tracking.min_size)
    y0 = 0
    for flow, probability in bands:
        rows.add(np.asarray(flow), np.asarray(probability))
        while y0 < height and rows.bottom >= min(y0 + tracking.block + largest, height):
            y1 = min(y0 + tracking.block, height)
            canvas.extend(min(y1 + largest, height))
            for inner in row_of_blocks(y0, tracking.block, height, width):
                add_block(rows, inner, tracking, form, canvas)
            rows.forget(y1 - largest)
            # a cell of a later block has its seed below y1, and no pixel further from it than niter steps
            finished = canvas.release(height if y1 == height else max(y1 - largest, canvas.top))
            while canvas.closed:
                scored(canvas.closed.pop(0))
            if len(finished):
                yield finished
            y0 = y1
    if rows.bottom < height:
        raise ValueError(f"the bands end at row {rows.bottom} of {height}")


def largest_halo(tracking: Tracking) -> int:
    """Px that always suffice: a pixel gets no further than `niter` px, a step being one pixel at most."""
    return tracking.niter + REACH + EDGE


def add_block(rows: Rows, inner: Block, tracking: Tracking, form: Form, canvas: Canvas) -> None:
    """Tracks one block with a halo as wide as its cells need, and adds those that it owns to the canvas."""
    halo = min(FIRST_HALO, largest_halo(tracking))
    while True:
        outer = inner.outer(halo, rows.height, rows.width)
        if not rows.any_above(outer, tracking.probability_threshold):
            break
        trusted = outer.inside(EDGE, rows.height, rows.width)
        part = Part(inner.within(outer), trusted.within(outer), rows.height * rows.width)
        masks = owned_masks(*rows.cut(outer), part, tracking, form)
        if masks is not None:
            canvas.add(masks, outer)
            break
        halo = min(2 * halo, largest_halo(tracking))
