"""Which pixels belong to some cell: over the threshold, without specks and pinholes."""

from __future__ import annotations

import numpy as np
from numba import prange
from numpy.typing import NDArray

from ..errors import TrackingError
from .jit import one_at_a_time, parallel, serial


def check(flow: NDArray[np.float32], probability: NDArray[np.float32]) -> None:
    """Raises ValueError for arrays that don't belong together, TrackingError for NaN or infinity."""
    if probability.ndim != 2 or flow.shape != (2, *probability.shape):
        raise ValueError(
            f"flow must be (2, H, W) and probability (H, W), not {flow.shape}, {probability.shape}"
        )
    for name, plane in (("flow y", flow[0]), ("flow x", flow[1]), ("probability", probability)):
        with one_at_a_time:
            finite = all_finite(np.ascontiguousarray(plane, np.float32))
        if not finite:
            raise TrackingError(f"{name} has NaN or infinite values: the network or its input is damaged")


def foreground(probability: NDArray[np.float32], threshold: float, min_size: int) -> NDArray[np.bool_]:
    """`(H, W)` bool: above the threshold, holes under `min_size` px filled, then smaller objects dropped.

    Both are 4-connected, as scikit-image's remove_small_holes and
    remove_small_objects do it in the published code.
    """
    mask = above(probability, np.float32(threshold))
    for value in (False, True):
        flip_small(mask, value, min_size, mask.copy())
    return mask


@parallel
def all_finite(plane):  # type: ignore[no-untyped-def]
    bad = 0
    for row in prange(plane.shape[0]):
        y = np.int64(row)
        # x - x is 0 for finite values and NaN for all others; the sum keeps the NaN and vectorises
        wrong = np.float32(0)
        for x in range(plane.shape[1]):
            wrong += plane[y, x] - plane[y, x]
        bad += wrong != 0
    return bad == 0


@parallel
def above(probability, threshold):  # type: ignore[no-untyped-def]
    mask = np.empty(probability.shape, np.bool_)
    for row in prange(mask.shape[0]):
        y = np.int64(row)
        for x in range(mask.shape[1]):
            mask[y, x] = probability[y, x] > threshold
    return mask


@parallel
def flip_small(mask, value, limit, before):  # type: ignore[no-untyped-def]
    """Flips in `mask` the 4-connected components of `value` in `before` that have fewer than `limit` px.

    Every component has one first pixel in raster order, with other values
    above and to the left; a search from there stops at `limit` pixels, so a
    large component costs no more than a small one.
    """
    height, width = mask.shape
    for row in prange(height):
        y = np.int64(row)
        ys = np.empty(limit, np.int32)
        xs = np.empty(limit, np.int32)
        for x in range(width):
            first = before[y, x] == value
            first = first and (x == 0 or before[y, x - 1] != value) and (y == 0 or before[y - 1, x] != value)
            if first:
                n = search(before, value, y, x, ys, xs, limit)
                for i in range(n):
                    mask[ys[i], xs[i]] = not value


@serial
def search(mask, value, y0, x0, ys, xs, limit):  # type: ignore[no-untyped-def]
    """Pixels of the component of `(y0, x0)` into ys, xs; 0 where it is too large or begins elsewhere."""
    height, width = mask.shape
    ys[0], xs[0] = y0, x0
    found, done = 1, 0
    while done < found:
        for dy, dx in ((-1, 0), (0, -1), (0, 1), (1, 0)):
            y, x = ys[done] + dy, xs[done] + dx
            if y < 0 or x < 0 or y >= height or x >= width or mask[y, x] != value:
                continue
            if y < y0 or (y == y0 and x < x0):
                return 0
            known = False
            for i in range(found):
                known = known or (ys[i] == y and xs[i] == x)
            if not known:
                if found == limit:
                    return 0
                ys[found], xs[found] = y, x
                found += 1
        done += 1
    return found if found < limit else 0
