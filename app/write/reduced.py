"""An image with its cells at the size at which it is looked at.

Cells of some pixels are outlined, smaller ones filled; where a cell is no larger than a pixel or two,
colours of single cells would be noise, and what is drawn is how much of each place cells cover.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .appearance import Contrast
from .colours import ORANGE, rgb
from .contours import contour_width, contours
from .result import Result
from .rows import OnDisk, Rows, band_rows, rows

OUTLINED = 6.0  # px in the small picture; smaller cells are filled
FILLED = 2.5  # px; still smaller ones become a tint
TINT = 0.7  # of the colour where cells cover everything


def reduced(result: Result, side: int) -> NDArray[np.uint8]:
    """`(h, w, 3)`, at most `side` pixels on its longer side."""
    height, width = result.shape
    scale = min(side / max(height, width), 1)
    size = max(round(height * scale), 1), max(round(width * scale), 1)
    values = shrink(result.pictured, size)
    seen = Contrast.of(values, together=result.has_colours).apply(values)
    diameter = result.extents.median_diameter * scale  # px in the small picture
    if diameter < FILLED:
        covered = OnDisk((height, width, 1), lambda *span: (rows(result.labels, *span) > 0)[..., None])
        cover = shrink(covered, size) * TINT
        tinted = seen * (1 - cover) + np.array(rgb(ORANGE), np.float32) * cover
        return np.rint(tinted).astype(np.uint8)
    labels = picked(result.labels, size)
    if diameter >= OUTLINED:
        line = contours(labels, contour_width(size, diameter))
        seen[line] = result.colours[labels[line]]
    else:
        fill(seen, labels, result.colours)
    return seen


def fill(seen: NDArray[np.uint8], labels: NDArray[np.int32], colours: NDArray[np.uint8]) -> None:
    """Lays the cells' colours over what is seen of them, in place."""
    inside = labels > 0
    seen[inside] = seen[inside] // 2 + colours[labels[inside]] // 2


def shrink(values: Rows, size: tuple[int, int]) -> NDArray[np.float32]:
    """Means of `(H, W, C)` over boxes → `(*size, C)`; `size` is nowhere larger than `(H, W)`."""
    small = np.empty((*size, values.shape[2]), np.float32)
    down, across = (edges(*sides) for sides in zip(values.shape[:2], size, strict=True))
    counts = np.diff(down)[:, None, None].astype(np.float32), np.diff(across)[:, None].astype(np.float32)
    for first, last in strips(values.shape, size[0]):
        part = rows(values, down[first], down[last])
        tall = np.add.reduceat(part, down[first:last] - down[first], axis=0, dtype=np.float32)
        wide = np.add.reduceat(tall / counts[0][first:last], across[:-1], axis=1, dtype=np.float32)
        small[first:last] = wide / counts[1]
    return small


def picked(labels: Rows, size: tuple[int, int]) -> NDArray[np.int32]:
    """`(H, W)` labels at the middles of boxes → `size`."""
    small = np.empty(size, np.int32)
    ys, xs = (middles(*sides) for sides in zip(labels.shape, size, strict=True))
    for first, last in strips(labels.shape, size[0]):
        part = rows(labels, ys[first], ys[last - 1] + 1)
        small[first:last] = part[(ys[first:last] - ys[first])[:, None], xs]
    return small


def strips(shape: tuple[int, ...], short: int) -> list[tuple[int, int]]:
    """Bands of the `short` rows of a small picture, whose boxes in an image of `shape` fit the memory."""
    step = max(band_rows(shape) * short // shape[0], 1)
    return [(first, min(first + step, short)) for first in range(0, short, step)]


def edges(long: int, short: int) -> NDArray[np.int64]:
    """`(short + 1,)`: where boxes along a side `long` begin and end."""
    return np.arange(short + 1) * long // short


def middles(long: int, short: int) -> NDArray[np.int64]:
    """The middle index of each of `short` boxes along a side `long`."""
    ends = edges(long, short)
    return (ends[:-1] + ends[1:] - 1) // 2
