"""How sure the network is of each cell: its mean probability, less what its flow is wrong by.

The score is 1 for a cell whose every pixel is certain and whose flow is just
that of its mask, and 0 where the flow is off by a little more than what is
dropped: where more is allowed, more must be heard when scales are merged. How it
relates to being right is measured (`python -m benchmarks.scales calibration`).
"""

from __future__ import annotations

import numpy as np
from numba import prange
from numpy.typing import NDArray

from .jit import parallel

BEYOND = 1.125  # times the flow error that is allowed, at which a score is 0
UNRELATED = 2.0  # of a flow that has nothing to do with its mask's; for where nothing is dropped


def score_cells(
    labels: NDArray[np.int32],
    boxes: NDArray[np.int32],
    probability: NDArray[np.float32],
    errors: NDArray[np.float64],
    allowed: float,
) -> NDArray[np.float32]:
    """`(n + 1,)` scores in [0, 1] of ids 0..n; `errors` as flow_errors gives them, 0 for absent ids.

    `allowed` is the largest error of a mask that is kept, 0 where all are.
    """
    worst = BEYOND * allowed if allowed > 0 else UNRELATED
    mean = mean_inside(labels, boxes, probability)
    return (mean * (1 - errors / worst)).clip(0, 1).astype(np.float32)


@parallel
def mean_inside(labels, boxes, values):  # type: ignore[no-untyped-def]
    """`(n + 1,)` float64: mean of `(H, W)` values over each id's pixels, added in raster order."""
    means = np.zeros(boxes.shape[0], np.float64)
    for cell in prange(1, boxes.shape[0]):
        y0, x0, y1, x1 = boxes[cell]
        total, count = 0.0, 0
        for y in range(y0, y1):
            for x in range(x0, x1):
                if labels[y, x] == cell:
                    total += values[y, x]
                    count += 1
        if count > 0:
            means[cell] = total / count
    return means
