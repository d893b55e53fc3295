"""End points to masks: peaks of their histogram, grown a little, claim every pixel that ends in them."""

from __future__ import annotations

import numpy as np
from numba import prange
from numpy.typing import NDArray

from .jit import parallel, serial

SEED_VOTES = 10  # a seed has more votes than this (Cellpose)
GROWN_VOTES = 2  # and grows through pixels with more than this
GROWTHS = 5  # one pixel each, so that a seed stays within a patch of 11 × 11
REACH = (
    2 * GROWTHS + 2 + 2
)  # px from a cell's seed to the furthest votes that decide its pixels, with the 5 × 5 peaks

Box = tuple[int, int, int, int]  # y0, x0, y1, x1 (exclusive)


def masks_from_ends(ends: NDArray[np.int32], inner: Box) -> tuple[NDArray[np.int32], int]:
    """`(H, W)` end points → `(H, W)` int32 masks 1..n and n; only masks whose seed lies in `inner`.

    Where two seeds claim a pixel, the one with more votes has it; of equal
    ones, the first in raster order. Ids follow that rank and may have gaps.
    """
    votes = count_votes(ends)
    seeds = find_seeds(votes)  # in raster order
    strength = votes.reshape(-1)[seeds].astype(np.int64)
    seeds = seeds[
        np.argsort((strength << 32) - np.arange(len(seeds)))
    ]  # the weakest, and of those the last, first
    ys, xs = np.divmod(seeds, ends.shape[1])
    owned = (ys >= inner[0]) & (ys < inner[2]) & (xs >= inner[1]) & (xs < inner[3])
    ids = np.where(owned, np.cumsum(owned), 0).astype(np.int32)
    claims = grow(votes, seeds, ids)
    claim(ends, claims)
    return ends, int(owned.sum())


def any_stray(ends: NDArray[np.int32], inner: Box, trusted: Box) -> bool:
    """Does a pixel outside `trusted` end where it has a say about the cells of `inner`?"""
    y0, x0, y1, x1 = trusted
    width = ends.shape[1]
    around = (inner[0] - REACH, inner[1] - REACH, inner[2] + REACH, inner[3] + REACH)
    edges = (ends[:y0], ends[y1:], ends[y0:y1, :x0], ends[y0:y1, x1:])
    return any(any_in(np.ascontiguousarray(edge), width, *around) for edge in edges if edge.size)


@serial
def any_in(ends, width, y0, x0, y1, x1):  # type: ignore[no-untyped-def]
    for end in ends.reshape(-1):
        if end >= 0:
            y, x = end // width, end % width
            if y0 <= y < y1 and x0 <= x < x1:
                return True
    return False


@serial
def count_votes(ends):  # type: ignore[no-untyped-def]
    votes = np.zeros(ends.shape, np.int32)
    flat = votes.reshape(-1)
    for y in range(ends.shape[0]):
        for x in range(ends.shape[1]):
            if ends[y, x] >= 0:
                flat[np.uint64(ends[y, x])] += 1
    return votes


@parallel
def find_seeds(votes):  # type: ignore[no-untyped-def]
    """Flat indices, in raster order, of the maxima of 5 × 5 with enough votes; equal neighbours all count."""
    height, width = votes.shape
    starts = np.zeros(height + 1, np.int64)
    for row in prange(height):
        y = np.int64(row)
        n = 0
        for x in range(width):
            n += votes[y, x] > SEED_VOTES and is_peak(votes, y, x)
        starts[y + 1] = n
    starts = np.cumsum(starts)
    seeds = np.empty(starts[height], np.int64)
    for row in prange(height):
        y = np.int64(row)
        at = starts[y]
        if starts[y + 1] > at:
            for x in range(width):
                if votes[y, x] > SEED_VOTES and is_peak(votes, y, x):
                    seeds[at] = y * width + x
                    at += 1
    return seeds


@serial
def is_peak(votes, y, x):  # type: ignore[no-untyped-def]
    height, width = votes.shape
    for v in range(max(y - 2, 0), min(y + 3, height)):
        for u in range(max(x - 2, 0), min(x + 3, width)):
            if votes[v, u] > votes[y, x]:
                return False
    return True


@serial
def grow(votes, seeds, ids):  # type: ignore[no-untyped-def]
    """`(H, W)` int32: the id whose seed has grown over each pixel; later seeds overwrite earlier ones."""
    height, width = votes.shape
    claims = np.zeros(votes.shape, np.int32)
    queue = np.empty(((2 * GROWTHS + 1) ** 2, 2), np.int64)
    size = 2 * GROWTHS + 1
    met = np.empty((size, size), np.bool_)
    for rank in range(len(seeds)):
        y0, x0 = seeds[rank] // width, seeds[rank] % width
        met[:] = False
        met[GROWTHS, GROWTHS] = True
        queue[0] = y0, x0
        begin, end = 0, 1
        for growth in range(GROWTHS + 1):
            last = end
            for i in range(begin, last):
                claims[queue[i, 0], queue[i, 1]] = ids[rank]
                if growth == GROWTHS:
                    continue
                for y in range(max(queue[i, 0] - 1, 0), min(queue[i, 0] + 2, height)):
                    for x in range(max(queue[i, 1] - 1, 0), min(queue[i, 1] + 2, width)):
                        if votes[y, x] > GROWN_VOTES and not met[y - y0 + GROWTHS, x - x0 + GROWTHS]:
                            met[y - y0 + GROWTHS, x - x0 + GROWTHS] = True
                            queue[end] = y, x
                            end += 1
            begin = last
    return claims


@parallel
def claim(ends, claims):  # type: ignore[no-untyped-def]
    """Replaces every end point in `ends` by the id that claims it, 0 where none does."""
    flat = claims.reshape(-1)
    for row in prange(ends.shape[0]):
        y = np.int64(row)
        for x in range(ends.shape[1]):
            ends[y, x] = flat[ends[y, x]] if ends[y, x] >= 0 else 0
