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
from numba import prange
from numpy.typing import NDArray

from ..settings import FLOW_SCALE
from .ids import bounding_boxes
from .jit import one_at_a_time, parallel, serial

# One step's heat. In float32 it can thin out by 56 decades before it vanishes, far
# along a cell three pixels wide; one pixel's worth of heat is one unit of it.
UNIT = np.float32(1e18)


def labels_to_flow(labels: NDArray[np.integer]) -> NDArray[np.float32]:
    """`(H, W)` labels, 0 background → `(2, H, W)` float32 unit flow (dy, dx), 0 on background."""
    labels = np.ascontiguousarray(labels, dtype=np.int32)
    flow = np.zeros((2, *labels.shape), np.float32)
    with one_at_a_time:
        diffuse(labels, bounding_boxes(labels, int(labels.max(initial=0))), flow)
    return flow


def flow_errors(
    labels: NDArray[np.int32], boxes: NDArray[np.int32], flow: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Per id: squared distance of a fifth of `flow` from the mask's own flow, averaged over the mask.

    `labels` `(H, W)`, `boxes` as bounding_boxes gives them, `flow` `(2, H, W)`
    at the network's scale. Both components are summed: 0 is perfect, 2 is chance.
    """
    return compare(labels, boxes, flow)


@parallel
def diffuse(labels, boxes, flow):  # type: ignore[no-untyped-def]
    """Fills `flow` for every cell of `labels`; cells are independent, so threads never meet."""
    for cell in prange(1, boxes.shape[0]):
        if boxes[cell, 2] > 0:
            ys, xs, dys, dxs = own_flow(labels, cell, boxes[cell])
            for i in range(len(ys)):
                flow[0, ys[i], xs[i]] = dys[i]
                flow[1, ys[i], xs[i]] = dxs[i]


@parallel
def compare(labels, boxes, flow):  # type: ignore[no-untyped-def]
    errors = np.zeros(boxes.shape[0], np.float64)
    for cell in prange(1, boxes.shape[0]):
        if boxes[cell, 2] > 0:
            ys, xs, dys, dxs = own_flow(labels, cell, boxes[cell])
            total = 0.0
            for i in range(len(ys)):
                dy = flow[0, ys[i], xs[i]] / FLOW_SCALE - dys[i]
                dx = flow[1, ys[i], xs[i]] / FLOW_SCALE - dxs[i]
                total += dy**2 + dx**2
            errors[cell] = total / len(ys)
    return errors


@serial
def own_flow(labels, cell, box):  # type: ignore[no-untyped-def]
    """The pixels of one cell (ys, xs) and its flow there (dy, dx)."""
    y0, x0, y1, x1 = box
    height, width = y1 - y0, x1 - x0
    stride = width + 2  # a frame of zeros around the box spares every bounds check below
    share = np.zeros((height + 2) * stride, np.float32)  # of a neighbourhood's sum; 0 outside the cell
    ys = np.empty(height * width, np.int32)
    xs = np.empty(height * width, np.int32)
    n = 0
    for y in range(y0, y1):
        for x in range(x0, x1):
            if labels[y, x] == cell:
                share[(y - y0 + 1) * stride + x - x0 + 1] = np.float32(1 / 9)
                ys[n] = y
                xs[n] = x
                n += 1
    ys, xs = ys[:n], xs[:n]

    cy, cx = centre(ys, xs, x0, width)
    heat = spread(share, stride, (cy - y0 + 1) * stride + cx - x0 + 1, 2 * (height + width))
    dys = np.empty(n, np.float32)
    dxs = np.empty(n, np.float32)
    for i in range(n):
        at = (ys[i] - y0 + 1) * stride + xs[i] - x0 + 1
        dy = np.float64(heat[at + stride]) - heat[at - stride]
        dx = np.float64(heat[at + 1]) - heat[at - 1]
        norm = max(np.sqrt(dy * dy + dx * dx), 1e-60)
        dys[i] = dy / norm
        dxs[i] = dx / norm
    return ys, xs, dys, dxs


@serial
def centre(ys, xs, x0, width):  # type: ignore[no-untyped-def]
    """The cell's own pixel nearest to the median; `ys` is sorted."""
    n = len(ys)
    my = (ys[(n - 1) // 2] + ys[n // 2]) / 2
    columns = np.zeros(width, np.int32)
    for i in range(n):
        columns[xs[i] - x0] += 1
    low, high, seen = -1, -1, 0
    for column in range(width):
        seen += columns[column]
        if low < 0 and seen > (n - 1) // 2:
            low = column
        if high < 0 and seen > n // 2:
            high = column
    mx = x0 + (low + high) / 2
    best = 0
    for i in range(n):
        if (ys[i] - my) ** 2 + (xs[i] - mx) ** 2 < (ys[best] - my) ** 2 + (xs[best] - mx) ** 2:
            best = i
    return ys[best], xs[best]


@serial
def spread(share, stride, source, steps):  # type: ignore[no-untyped-def]
    """The log of the heat after `steps` steps, in units of UNIT; flat, as `share`.

    Flat loops without a branch compile to vector instructions; the frame
    makes the ends of neighbouring rows harmless to each other.
    """
    heat = np.zeros(len(share), np.float32)
    sums = np.zeros(len(share), np.float32)
    # views, since an index less a stride would be tested for being negative in every turn
    left, middle, right, row_sums = heat[:-2], heat[1:-1], heat[2:], sums[1:-1]
    above, here, below = sums[: -2 * stride], sums[stride:-stride], sums[2 * stride :]
    inner, inner_share = heat[stride:-stride], share[stride:-stride]
    for _ in range(steps):
        heat[source] += UNIT
        for i in range(len(row_sums)):
            row_sums[i] = left[i] + middle[i] + right[i]
        for i in range(len(inner)):
            inner[i] = (above[i] + here[i] + below[i]) * inner_share[i]
    for i in range(len(heat)):
        if heat[i] > np.float32(1e-5) * UNIT:  # below, log(1 + heat) is heat
            heat[i] = np.log1p(heat[i] / UNIT) * UNIT
    return heat
