"""Holes inside single masks: found for each cell on its own, filled from the first cell to the last."""

from __future__ import annotations

import numpy as np
from numba import prange

from .jit import parallel, serial


@parallel
def hollow(labels, boxes, sizes, broken):  # type: ignore[no-untyped-def]
    """`(n + 1,)` bool: does the mask of this id enclose pixels that aren't its own?

    Only `broken` ones are looked at: a row through a hole meets the mask on both sides.
    """
    found = np.zeros(boxes.shape[0], np.bool_)
    for cell in prange(1, boxes.shape[0]):
        if broken[cell]:
            outside, reached = flood(labels, cell, boxes[cell])
            found[cell] = reached + sizes[cell] < outside.size
    return found


@serial
def fill_all(labels, boxes, sizes, cells, first):  # type: ignore[no-untyped-def]
    """Gives the pixels that each of `cells` encloses to it, one after the other, and corrects `sizes`.

    Row 0 of the tables is the id `first`. Cells inside a hole are swallowed, as
    in the published code; but a pixel of a cell with a smaller id stays where it
    is. With ids in raster order that cell begins before this one: it can't lie inside.
    """
    for i in cells:
        if sizes[i] > 0:
            cell = first + i
            y0, x0, y1, x1 = boxes[i]
            outside, _ = flood(labels, cell, boxes[i])
            for y in range(y0, y1):
                for x in range(x0, x1):
                    other = labels[y, x]
                    if not outside[y - y0 + 1, x - x0 + 1] and (other == 0 or other > cell):
                        if other > 0:
                            sizes[other - first] -= 1
                        sizes[i] += 1
                        labels[y, x] = cell


@serial
def flood(labels, cell, box):  # type: ignore[no-untyped-def]
    """What surrounds the mask in its box and a frame of one pixel: `(h + 2, w + 2)` bool, and its size."""
    y0, x0, y1, x1 = box
    height, width = y1 - y0 + 2, x1 - x0 + 2
    outside = np.zeros((height, width), np.bool_)
    stack = np.empty((height * width, 2), np.int32)
    stack[0] = 0, 0
    outside[0, 0] = True
    top = reached = 1
    while top > 0:
        top -= 1
        sy, sx = stack[top]
        for dy, dx in ((-1, 0), (0, -1), (0, 1), (1, 0)):
            y, x = sy + dy, sx + dx
            if y < 0 or x < 0 or y >= height or x >= width or outside[y, x]:
                continue
            framed = y == 0 or x == 0 or y == height - 1 or x == width - 1
            if framed or labels[y0 + y - 1, x0 + x - 1] != cell:
                outside[y, x] = True
                reached += 1
                stack[top, 0] = y
                stack[top, 1] = x
                top += 1
    return outside, reached
