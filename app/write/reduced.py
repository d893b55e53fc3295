"""An image with its cells at the size at which it is looked at.

Cells of some pixels are outlined, smaller ones filled; where a cell is no larger than a pixel or two,
colours of single cells would be noise, and what is drawn is how much of each place cells cover.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .appearance import as_seen
from .colouring import cell_colours
from .colours import ORANGE, rgb
from .contours import contour_width, contours, median_diameter
from .result import Result

OUTLINED = 6.0  # px in the small picture; smaller cells are filled
FILLED = 2.5  # px; still smaller ones become a tint
TINT = 0.7  # of the colour where cells cover everything


def reduced(result: Result, side: int) -> NDArray[np.uint8]:
    """`(h, w, 3)`, at most `side` pixels on its longer side."""
    height, width = result.labels.shape
    scale = min(side / max(height, width), 1)
    size = max(round(height * scale), 1), max(round(width * scale), 1)
    seen = as_seen(shrink(result.raw, size), np.rint(shrink(result.image, size)).astype(np.uint8))
    diameter = median_diameter(result.labels) * scale  # px in the small picture
    if diameter < FILLED:
        cover = shrink((result.labels > 0)[..., None], size) * TINT
        tinted = seen * (1 - cover) + np.array(rgb(ORANGE), np.float32) * cover
        return np.rint(tinted).astype(np.uint8)
    labels = result.labels[np.ix_(middles(height, size[0]), middles(width, size[1]))]
    # colours are those of the large overlay, since neighbours there may not touch here
    colours = cell_colours(result.labels)[labels]
    if diameter >= OUTLINED:
        line = contours(labels, contour_width(labels))
        seen[line] = colours[line]
    else:
        inside = labels > 0
        seen[inside] = seen[inside] // 2 + colours[inside] // 2
    return seen


def shrink(values: NDArray[np.generic], size: tuple[int, int]) -> NDArray[np.float32]:
    """Means of `(H, W, C)` over boxes → `(*size, C)`; `size` is nowhere larger than `(H, W)`."""
    small = values
    for axis, (long, short) in enumerate(zip(values.shape[:2], size, strict=True)):
        edges = np.arange(short + 1) * long // short
        counts = np.diff(edges).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
        small = np.add.reduceat(small, edges[:-1], axis=axis, dtype=np.float32) / counts.astype(np.float32)
    return small.astype(np.float32)


def middles(long: int, short: int) -> NDArray[np.int64]:
    """The middle index of each of `short` boxes along a side `long`."""
    edges = np.arange(short + 1) * long // short
    return (edges[:-1] + edges[1:] - 1) // 2
