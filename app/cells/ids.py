"""What is known of every cell of a label array: its box, size and first pixel; and how ids are changed."""

from __future__ import annotations

import numpy as np
from numba import prange
from numpy.typing import NDArray

from .jit import parallel, serial


@serial
def bounding_boxes(labels, count):  # type: ignore[no-untyped-def]
    """`(count + 1, 4)` int32: y0, x0, y1, x1 (exclusive) per id; y1 = 0 where an id is absent."""
    return survey(labels, count)[0]


@serial
def survey(labels, count):  # type: ignore[no-untyped-def]
    """What one look at `(H, W)` labels tells of ids 0..count; background counts as absent.

    Boxes as above; sizes `(count + 1,)` int32 in px; first pixels `(count + 1,)`
    int64 as flat indices; broken `(count + 1,)` bool: some row meets the cell twice.
    """
    height, width = labels.shape
    boxes = np.zeros((count + 1, 4), np.int32)
    sizes = np.zeros(count + 1, np.int32)
    firsts = np.zeros(count + 1, np.int64)
    broken = np.zeros(count + 1, np.bool_)
    for y in range(height):
        x = 0
        while x < width:
            begin, cell = x, labels[y, x]
            while x < width and labels[y, x] == cell:
                x += 1
            if cell > 0:
                box = boxes[cell]
                if sizes[cell] == 0:
                    box[0], box[1], box[3] = y, begin, x
                    firsts[cell] = y * width + begin
                broken[cell] |= box[2] == y + 1
                box[1] = min(box[1], begin)
                box[2] = y + 1
                box[3] = max(box[3], x)
                sizes[cell] += x - begin
    return boxes, sizes, firsts, broken


@parallel
def renumber_from(labels, first, new):  # type: ignore[no-untyped-def]
    """Every id from `first` on becomes `new[id - first]`, in place; smaller ones stay."""
    for row in prange(labels.shape[0]):
        for x in range(labels.shape[1]):
            if labels[row, x] >= first:
                labels[row, x] = new[labels[row, x] - first]


def raster_order(firsts: NDArray[np.int64], keep: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The ids to keep, in the order of their first pixels."""
    kept = np.flatnonzero(keep)
    return kept[np.argsort(firsts[kept])]
