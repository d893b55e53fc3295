"""A small picture of an image with its cells, a few kB."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .appearance import as_seen
from .colouring import cell_colours
from .overlay import contours, median_diameter
from .result import Result

SIDE = 160  # px, the longer side
QUALITY = 80  # of the JPEG
OUTLINED = 6.0  # px; cells smaller than this in the small picture are filled instead


def thumbnail(result: Result) -> bytes:
    """JPEG of at most `SIDE` pixels on its longer side."""
    from imagecodecs import jpeg8_encode

    height, width = result.labels.shape
    scale = min(SIDE / max(height, width), 1)
    size = max(round(height * scale), 1), max(round(width * scale), 1)
    labels = result.labels[np.ix_(middles(height, size[0]), middles(width, size[1]))]
    seen = as_seen(shrink(result.raw, size), np.rint(shrink(result.image, size)).astype(np.uint8))
    # colours are those of the large overlay, since neighbours there may not touch here
    colours = cell_colours(result.labels)[labels]
    if median_diameter(result.labels) * scale >= OUTLINED:
        line = contours(labels, 1)
        seen[line] = colours[line]
    else:
        inside = labels > 0
        seen[inside] = seen[inside] // 2 + colours[inside] // 2
    return bytes(jpeg8_encode(seen, level=QUALITY))


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
