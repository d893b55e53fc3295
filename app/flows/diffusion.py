"""Labels to flow: heat spreads from each cell's centre; the flow climbs it.

The definition is that of Cellpose (Stringer et al., Nature Methods 18, 2021),
which MEDIAR took over: a unit of heat enters at the centre pixel in every step,
each pixel becomes the mean of its 3 × 3 neighbourhood within the cell, and the
flow is the unit gradient of log(1 + heat). Here each cell has its own bounding
box and its own number of steps, so cells are independent and cost what they
measure, not what the largest one does.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray


def labels_to_flow(labels: NDArray[np.integer]) -> NDArray[np.float32]:
    """`(H, W)` labels, 0 background → `(2, H, W)` float32 unit flow (dy, dx), 0 on background."""
    labels = np.ascontiguousarray(labels, dtype=np.int32)
    flow = np.zeros((2, *labels.shape), np.float32)
    boxes = bounding_boxes(labels, int(labels.max(initial=0)))
    diffuse(labels, boxes, flow)
    return flow


@njit(cache=True)
def bounding_boxes(labels, count):  # type: ignore[no-untyped-def]
    """`(count + 1, 4)` int32: y0, x0, y1, x1 (exclusive) per id; y1 = 0 where an id is absent."""
    height, width = labels.shape
    boxes = np.zeros((count + 1, 4), np.int32)
    boxes[:, 0] = height
    boxes[:, 1] = width
    for y in range(height):
        for x in range(width):
            cell = labels[y, x]
            if cell > 0:
                box = boxes[cell]
                box[0] = min(box[0], y)
                box[1] = min(box[1], x)
                box[2] = max(box[2], y + 1)
                box[3] = max(box[3], x + 1)
    return boxes


@njit(cache=True, parallel=True)
def diffuse(labels, boxes, flow):  # type: ignore[no-untyped-def]
    """Fills `flow` for every cell of `labels`; cells are independent, so threads never meet."""
    for cell in prange(1, boxes.shape[0]):
        if boxes[cell, 2] > 0:
            diffuse_one(labels, cell, boxes[cell], flow)


@njit(cache=True)
def diffuse_one(labels, cell, box, flow):  # type: ignore[no-untyped-def]
    y0, x0, y1, x1 = box
    height, width = y1 - y0, x1 - x0
    # a frame of zeros around the box spares every bounds check below
    inside = np.zeros((height + 2, width + 2), np.bool_)
    ys = np.empty(height * width, np.int32)
    xs = np.empty(height * width, np.int32)
    n = 0
    for y in range(height):
        for x in range(width):
            if labels[y0 + y, x0 + x] == cell:
                inside[y + 1, x + 1] = True
                ys[n] = y + 1
                xs[n] = x + 1
                n += 1
    ys, xs = ys[:n], xs[:n]

    # the centre is the cell's own pixel nearest to the median
    my, mx = np.median(ys), np.median(xs)
    best = np.argmin((ys - my) ** 2 + (xs - mx) ** 2)
    cy, cx = ys[best], xs[best]

    heat = np.zeros((height + 2, width + 2), np.float64)
    rows = np.zeros((height + 2, width + 2), np.float64)
    for _ in range(2 * (height + width)):
        heat[cy, cx] += 1.0
        for y in range(height + 2):  # the 3 × 3 mean, separated: along x, then along y
            for x in range(1, width + 1):
                rows[y, x] = heat[y, x - 1] + heat[y, x] + heat[y, x + 1]
        for i in range(n):
            y, x = ys[i], xs[i]
            heat[y, x] = (rows[y - 1, x] + rows[y, x] + rows[y + 1, x]) / 9.0

    for i in range(n):
        heat[ys[i], xs[i]] = np.log1p(heat[ys[i], xs[i]])
    for i in range(n):
        y, x = ys[i], xs[i]
        dy = heat[y + 1, x] - heat[y - 1, x]
        dx = heat[y, x + 1] - heat[y, x - 1]
        norm = 1e-20 + np.sqrt(dy * dy + dx * dx)
        flow[0, y0 + y - 1, x0 + x - 1] = dy / norm
        flow[1, y0 + y - 1, x0 + x - 1] = dx / norm
