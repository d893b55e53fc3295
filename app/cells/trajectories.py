"""Where every cell pixel ends: Euler steps along the flow, then the map of steps applied to itself.

After k exact steps a pixel p stands at p + d(p). Two pixels that meet go on
together, so another k steps need no stepping: they are read from d at the place
reached, between its four neighbours, and that doubles k. Near a border, where
the four part ways or one of them is background, the steps are made one by one,
so that sharing a path never moves a pixel into another cell.

Displacements are kept relative to each pixel's own start: the arithmetic is the
same wherever a block begins, and blocks agree with the whole to the last bit.
"""

from __future__ import annotations

import numpy as np
from numba import prange
from numpy.typing import NDArray

from ..settings import FLOW_SCALE
from .jit import parallel, serial

TO_UNIT = np.float32(1 / FLOW_SCALE)
FIRST_STEPS = 8  # at least so many exact steps: by then pixels have left the border between two cells
APART = np.float32(2.0)  # px; neighbours that end further from each other don't share their way
STAYS = np.float32(1e9)  # px; the displacement that marks background: apart from everything
STILL = np.float32(0.1)  # px; a pixel that moved less in eight steps has arrived
CHUNK = 64  # pixels stepped side by side, which hides the latency of each one's chain


def end_points(flow: NDArray[np.float32], mask: NDArray[np.bool_], niter: int) -> NDArray[np.int32]:
    """`(H, W)` int32: the flat index of the pixel where each pixel of `mask` ends, -1 elsewhere.

    `flow` is `(2, H, W)` at the network's scale, taken as zero outside `mask`;
    a step is that part of `FLOW_SCALE`, in px, and never longer than one, so
    that no pixel gets further than `niter` pixels.
    """
    doublings = max(niter // FIRST_STEPS, 1).bit_length() - 1
    field = step_field(flow, mask)
    moved = first_steps(field, mask, niter >> doublings)
    spare = np.empty_like(moved if doublings else moved[:0])
    for left in range(doublings - 1, -1, -1):  # niter's binary digits, from the high ones down
        odd = (niter >> left) & 1
        double(field, mask, moved, (niter >> left) // 2, odd, spare)
        moved, spare = spare, moved
    return ends_of(moved, mask)


@parallel
def step_field(flow, mask):  # type: ignore[no-untyped-def]
    """`(H + 1, W + 1, 2)` float32: one step in pixels; the frame below and to the right spares checks."""
    height, width = mask.shape
    field = np.empty((height + 1, width + 1, 2), np.float32)
    for row in prange(height + 1):
        y = np.int64(row)
        field[y] = 0
        if y < height:
            for x in range(width):
                if mask[y, x]:
                    dy = flow[0, y, x] * TO_UNIT
                    dx = flow[1, y, x] * TO_UNIT
                    shorten = np.float32(1) / max(np.float32(1), np.sqrt(dy * dy + dx * dx))
                    field[y, x, 0] = dy * shorten
                    field[y, x, 1] = dx * shorten
    return field


@parallel
def first_steps(field, mask, steps):  # type: ignore[no-untyped-def]
    """`(H + 1, W + 1, 2)` float32: displacement of each pixel of `mask` by `steps` steps; STAYS elsewhere."""
    height, width = mask.shape
    moved = np.empty(field.shape, np.float32)
    for row in prange(height + 1):
        y = np.int64(row)
        moved[y] = STAYS
        if y < height:
            xs = np.empty(CHUNK, np.int64)
            dys = np.empty(CHUNK, np.float32)
            dxs = np.empty(CHUNK, np.float32)
            n = 0
            for x in range(width):
                if mask[y, x]:
                    xs[n] = x
                    dys[n] = 0
                    dxs[n] = 0
                    n += 1
                if n == CHUNK or (n > 0 and x == width - 1):
                    walk(field, y, xs, dys, dxs, n, steps)
                    for i in range(n):
                        moved[y, xs[i], 0] = dys[i]
                        moved[y, xs[i], 1] = dxs[i]
                    n = 0
    return moved


@serial
def walk(field, y, xs, dys, dxs, n, steps):  # type: ignore[no-untyped-def]
    """Moves `n` pixels of row `y` by `steps` steps, side by side."""
    flat = field.reshape(-1)
    rows, columns = field.shape[0], field.shape[1]
    for _ in range(steps):
        for i in range(n):
            dys[i], dxs[i] = one_step(flat, rows, columns, y, xs[i], dys[i], dxs[i])


@parallel
def double(field, mask, moved, steps, more, out):  # type: ignore[no-untyped-def]
    """`moved` holds `steps` steps of every pixel; `out` gets twice as many and `more` (0 or 1) after them."""
    height, width = mask.shape
    flat = moved.reshape(-1)
    steps_flat = field.reshape(-1)
    for row in prange(height + 1):
        y = np.int64(row)
        out[y] = STAYS
        if y == height:
            continue
        for x in range(width):
            if not mask[y, x]:
                continue
            dy, dx = moved[y, x, 0], moved[y, x, 1]
            fy, fx = np.floor(dy), np.floor(dx)
            ty, tx = dy - fy, dx - fx
            at = np.uint64(((y + np.int64(fy)) * (width + 1) + x + np.int64(fx)) * 2)
            below = at + np.uint64(2 * (width + 1))
            # displacements of the four corners; where each ends is one px further for the right and the lower
            ay, ax = flat[at], flat[at + np.uint64(1)]
            by, bx = flat[at + np.uint64(2)], flat[at + np.uint64(3)]
            cy, cx = flat[below], flat[below + np.uint64(1)]
            ey, ex = flat[below + np.uint64(2)], flat[below + np.uint64(3)]
            one = np.float32(1)
            if (
                ay < STAYS  # four times background is not apart, but nothing to read either
                and max(abs(by - ay), abs(ey - cy), abs(cx - ax), abs(ex - bx)) <= APART
                and max(abs(cy + one - ay), abs(ey + one - by)) <= APART
                and max(abs(bx + one - ax), abs(ex + one - cx)) <= APART
            ):
                uy, ly = ay + tx * (by - ay), cy + tx * (ey - cy)
                ux, lx = ax + tx * (bx - ax), cx + tx * (ex - cx)
                # rounding must not lead off the image
                dy = clamp(dy + uy + ty * (ly - uy), np.float32(-y), np.float32(height - 1 - y))
                dx = clamp(dx + ux + ty * (lx - ux), np.float32(-x), np.float32(width - 1 - x))
                if more:
                    dy, dx = one_step(steps_flat, height + 1, width + 1, y, x, dy, dx)
            else:
                dy, dx = walk_on(field, y, x, dy, dx, steps + more)
            out[y, x, 0] = dy
            out[y, x, 1] = dx


@serial
def walk_on(field, y, x, dy, dx, steps):  # type: ignore[no-untyped-def]
    """`steps` further steps of one pixel; fewer where it has arrived."""
    flat = field.reshape(-1)
    old_dy, old_dx = dy, dx
    for step in range(steps):
        dy, dx = one_step(flat, field.shape[0], field.shape[1], y, x, dy, dx)
        if step % 8 == 7:
            if abs(dy - old_dy) + abs(dx - old_dx) < STILL:
                break
            old_dy, old_dx = dy, dx
    return dy, dx


@serial
def one_step(flat, rows, columns, y, x, dy, dx):  # type: ignore[no-untyped-def]
    """One bilinear Euler step, kept on the image, of the pixel from `(y, x)` that stands `(dy, dx)` away.

    `flat` is the step field `(rows, columns, 2)` in one dimension.
    """
    fy, fx = np.floor(dy), np.floor(dx)
    ty, tx = dy - fy, dx - fx
    at = np.uint64(((y + np.int64(fy)) * columns + x + np.int64(fx)) * 2)  # unsigned: no test for negative
    below = at + np.uint64(2 * columns)
    uy, ux = flat[at], flat[at + np.uint64(1)]
    uy += tx * (flat[at + np.uint64(2)] - uy)
    ux += tx * (flat[at + np.uint64(3)] - ux)
    ly, lx = flat[below], flat[below + np.uint64(1)]
    ly += tx * (flat[below + np.uint64(2)] - ly)
    lx += tx * (flat[below + np.uint64(3)] - lx)
    dy = clamp(dy + uy + ty * (ly - uy), np.float32(-y), np.float32(rows - 2 - y))
    dx = clamp(dx + ux + ty * (lx - ux), np.float32(-x), np.float32(columns - 2 - x))
    return dy, dx


@serial
def clamp(value, low, high):  # type: ignore[no-untyped-def]
    """As min(max(...)), which numba compiles to slower code."""
    value = value if value > low else low
    return value if value < high else high


@parallel
def ends_of(moved, mask):  # type: ignore[no-untyped-def]
    """`(H, W)` int32: flat index of the pixel nearest to each end, -1 outside `mask`."""
    height, width = mask.shape
    ends = np.empty((height, width), np.int32)
    for row in prange(height):
        y = np.int64(row)
        for x in range(width):
            ends[y, x] = -1
            if mask[y, x]:
                end_y = y + np.int32(np.floor(moved[y, x, 0] + np.float32(0.5)))
                end_x = x + np.int32(np.floor(moved[y, x, 1] + np.float32(0.5)))
                ends[y, x] = end_y * width + end_x
    return ends
