"""Cells of one scale on the image's grid, with contours as smooth as their probability."""

from __future__ import annotations

import numpy as np
from numba import prange
from numpy.typing import NDArray

from .jit import one_at_a_time, parallel

MARGIN = 1  # rows of the scale's own grid that a band needs above and below it


def enlarge(
    labels: NDArray[np.int32],
    probability: NDArray[np.uint8],
    top: int,
    scale: float,
    target: tuple[int, int, int],
    threshold: float,
) -> NDArray[np.int32]:
    """Image rows y0 to y1 of `target` (y0, y1, W): `(y1 - y0, W)` int32.

    `labels` and `probability` (255 is 1) are rows `top` and below of the grid
    of `scale`, with those that the band needs. A pixel is background where the
    interpolated probability is not above `threshold`; else it belongs to the
    cell that has most of its four neighbours on that grid, by their bilinear
    weights, so no staircase is seen between two cells either.
    """
    out = np.empty((target[1] - target[0], target[2]), np.int32)
    with one_at_a_time:
        interpolate(labels, probability, top, scale, target[0], np.float32(255 * threshold), out)
    return out


@parallel
def interpolate(labels, probability, top, scale, y0, threshold, out):  # type: ignore[no-untyped-def]
    height, width = labels.shape
    for row in prange(out.shape[0]):
        cy = (y0 + np.int64(row) + 0.5) * scale - 0.5 - top
        above = int(np.floor(cy))
        ty = cy - above
        ys = (min(max(above, 0), height - 1), min(max(above + 1, 0), height - 1))
        for x in range(out.shape[1]):
            cx = (x + 0.5) * scale - 0.5
            left = int(np.floor(cx))
            tx = cx - left
            xs = (min(max(left, 0), width - 1), min(max(left + 1, 0), width - 1))
            if not (
                labels[ys[0], xs[0]] or labels[ys[0], xs[1]] or labels[ys[1], xs[0]] or labels[ys[1], xs[1]]
            ):
                out[row, x] = 0  # far from all cells, as most of an image is, there is nothing to weigh
                continue
            level = 0.0
            best, most = 0, 0.0
            for i in range(4):
                y, u = ys[i // 2], xs[i % 2]
                weight = (ty if i // 2 else 1 - ty) * (tx if i % 2 else 1 - tx)
                level += weight * probability[y, u]
                if probability[y, u] <= threshold:
                    continue
                total = 0.0  # of all neighbours with this label
                for j in range(4):
                    v, w = ys[j // 2], xs[j % 2]
                    if labels[v, w] == labels[y, u] and probability[v, w] > threshold:
                        total += (ty if j // 2 else 1 - ty) * (tx if j % 2 else 1 - tx)
                if total > most:
                    best, most = labels[y, u], total
            out[row, x] = best if level > threshold else 0
