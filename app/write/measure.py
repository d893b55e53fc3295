"""Numbers about each cell, in time that grows with the pixels and not with cells × pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..cells.jit import serial

Columns = dict[str, NDArray[np.generic]]


def measure(labels: NDArray[np.int32], top: int = 0, bottom: int | None = None) -> Columns:
    """`(h, W)` labels → columns of one row per id that occurs, ids ascending.

    The labels begin at row `top` of an image of `bottom` rows; `None` ends it
    with them. Centroids count from the centre of the image's first pixel.
    Eccentricity and solidity are those of scikit-image: of the ellipse with the
    same second moments, and area over the pixels of the convex hull.
    """
    count = int(labels.max(initial=0))
    sums, boxes = first_moments(labels, count)
    sums[:, 1] += sums[:, 0] * top  # whole numbers, so exact
    ids = np.flatnonzero(sums[:, 0])
    area = sums[ids, 0]
    centroids = np.zeros((count + 1, 2))
    centroids[ids] = sums[ids, 1:] / area[:, None]
    moments = second_moments(labels, centroids, top)[ids] / area[:, None]
    height, width = labels.shape[0] if bottom is None else bottom - top, labels.shape[1]
    y0, x0, y1, x1 = boxes[ids].T
    return {
        "id": ids,
        "centroid_y": centroids[ids, 0],
        "centroid_x": centroids[ids, 1],
        "area": area.astype(np.int64),
        "equivalent_diameter": np.sqrt(4 * area / np.pi),
        "eccentricity": eccentricity(moments),
        "solidity": area / hull_areas(labels, boxes)[ids],
        "touches_border": (y0 + top == 0) | (x0 == 0) | (y1 == height) | (x1 == width),
    }


def means(
    labels: NDArray[np.int32], values: NDArray[np.generic], ids: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Mean of `values` `(H, W)` over each of `ids` in `labels` `(H, W)`."""
    inside = labels > 0
    where = labels[inside]
    length = int(ids.max(initial=0)) + 1
    total = np.bincount(where, values[inside].astype(np.float64), minlength=length)
    mean: NDArray[np.float64] = total[ids] / np.bincount(where, minlength=length)[ids]
    return mean


def eccentricity(moments: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(N, 3)` central moments yy, xx, xy per area → `(N,)` in [0, 1]: 0 is a circle, 1 a line."""
    yy, xx, xy = moments.T
    middle, spread = (yy + xx) / 2, np.sqrt(((yy - xx) / 2) ** 2 + xy**2)
    major = np.where(middle > 0, middle + spread, 1)  # a single pixel has no extent: 0
    value: NDArray[np.float64] = np.sqrt(np.clip(2 * spread / major, 0, 1))
    return value


@serial
def first_moments(labels, count):  # type: ignore[no-untyped-def]
    """`(count + 1, 3)` sums of 1, y and x; `(count + 1, 4)` boxes y0, x0, y1, x1, the ends exclusive."""
    height, width = labels.shape
    sums = np.zeros((count + 1, 3))
    boxes = np.zeros((count + 1, 4), np.int64)
    boxes[:, 0], boxes[:, 1] = height, width
    for y in range(height):
        for x in range(width):
            cell = labels[y, x]
            if cell > 0:
                sums[cell, 0] += 1
                sums[cell, 1] += y
                sums[cell, 2] += x
                boxes[cell, 0] = min(boxes[cell, 0], y)
                boxes[cell, 1] = min(boxes[cell, 1], x)
                boxes[cell, 2] = max(boxes[cell, 2], y + 1)
                boxes[cell, 3] = max(boxes[cell, 3], x + 1)
    return sums, boxes


@serial
def second_moments(labels, centroids, top):  # type: ignore[no-untyped-def]
    """`(count + 1, 3)` sums of yy, xx and xy about the centroids `(count + 1, 2)`; `top` is added to y."""
    sums = np.zeros((len(centroids), 3))
    for y in range(labels.shape[0]):
        for x in range(labels.shape[1]):
            cell = labels[y, x]
            if cell > 0:
                dy, dx = y + top - centroids[cell, 0], x - centroids[cell, 1]
                sums[cell, 0] += dy * dy
                sums[cell, 1] += dx * dx
                sums[cell, 2] += dy * dx
    return sums


@serial
def hull_areas(labels, boxes):  # type: ignore[no-untyped-def]
    """`(count + 1,)` pixels whose centres lie in the convex hull of each cell's pixel-edge midpoints.

    In units of half a pixel the hull's points are whole numbers, so nothing is rounded.
    """
    areas = np.zeros(len(boxes), np.int64)
    for cell in range(1, len(boxes)):
        y0, x0, y1, x1 = boxes[cell]
        if y1 == 0:
            continue
        # per half-row, from the top edge of the first row: the leftmost and rightmost point (x doubled)
        rows = 2 * (y1 - y0) + 1
        left = np.full(rows, 2 * x1 + 2)
        right = np.full(rows, -2)
        for y in range(y0, y1):
            row = 2 * (y - y0) + 1
            for x in range(x0, x1):
                if labels[y, x] == cell:
                    left[row], right[row] = min(left[row], 2 * x - 1), max(right[row], 2 * x + 1)
                    for edge in (row - 1, row + 1):
                        left[edge], right[edge] = min(left[edge], 2 * x), max(right[edge], 2 * x)
        low, high = half_hull(left, -1), half_hull(right, 1)
        a, b = 0, 0
        for y in range(y0, y1):
            row = 2 * (y - y0) + 1
            while low[a + 1] < row:
                a += 1
            while high[b + 1] < row:
                b += 1
            # pixel centres have even x; the hull's side at this row is a fraction with these parts
            p, q = low[a], low[a + 1]
            first = -((-(left[p] * (q - p) + (left[q] - left[p]) * (row - p))) // (2 * (q - p)))
            p, q = high[b], high[b + 1]
            last = (right[p] * (q - p) + (right[q] - right[p]) * (row - p)) // (2 * (q - p))
            areas[cell] += last - first + 1
    return areas


@serial
def half_hull(side, sign):  # type: ignore[no-untyped-def]
    """Rows at which one side of a convex hull turns; `sign` is 1 for the right side, -1 for the left.

    Rows without a point, in the gaps of a cell in pieces, hold what lies far inside.
    """
    rows = np.empty(len(side), np.int64)
    size = 0
    for row in range(len(side)):
        while size > 1:
            p, q = rows[size - 2], rows[size - 1]
            if sign * ((side[q] - side[p]) * (row - p) - (side[row] - side[p]) * (q - p)) > 0:
                break
            size -= 1
        rows[size] = row
        size += 1
    return rows[:size]
