"""Shared paths end where single steps lead."""

from __future__ import annotations

import numpy as np
import pytest

from app.cells.foreground import foreground
from app.cells.trajectories import end_points


def stepped(flow, mask, niter):
    """Every step of every pixel, in plain NumPy and double precision."""
    step = np.where(mask, flow.astype(np.float64) / 5, 0)
    step /= np.maximum(np.hypot(*step), 1)
    step = np.pad(step, ((0, 0), (0, 1), (0, 1)))
    height, width = mask.shape
    y, x = np.nonzero(mask)[0].astype(float), np.nonzero(mask)[1].astype(float)
    for _ in range(niter):
        iy, ix = y.astype(int), x.astype(int)
        ty, tx = y - iy, x - ix
        upper = step[:, iy, ix] * (1 - tx) + step[:, iy, ix + 1] * tx
        lower = step[:, iy + 1, ix] * (1 - tx) + step[:, iy + 1, ix + 1] * tx
        dy, dx = upper * (1 - ty) + lower * ty
        y, x = (y + dy).clip(0, height - 1), (x + dx).clip(0, width - 1)
    return y, x


@pytest.mark.parametrize("niter", [0, 1, 5, 17, 100, 200, 201])
def test_doubled_steps_equal_single_ones(flow_field, niter):
    _, flow, probability = flow_field(150, 30, (8, 20), seed=niter)
    mask = foreground(probability, 0.5, 16)
    ends = end_points(flow, mask, niter)
    y, x = stepped(flow, mask, niter)
    ey, ex = np.divmod(ends[mask], mask.shape[1])
    assert (ends[~mask] == -1).all()
    assert (np.maximum(abs(ey - y), abs(ex - x)) < 2).mean() > 0.999


def test_no_step_is_longer_than_a_pixel():
    """Else a cell could reach further than its block's halo."""
    flow = np.full((2, 1, 300), 50, np.float32)
    ends = end_points(flow, np.ones((1, 300), bool), 100)
    assert (
        ends[0] - np.arange(300)
    ).max() == 71  # 100 steps of one pixel along the diagonal: 70.7 of them in x


def test_an_end_does_not_depend_on_where_the_array_begins(flow_field):
    _, flow, probability = flow_field(200, 40)
    mask = foreground(probability, 0.5, 16)
    mask[:30] = mask[:, :40] = False
    whole = end_points(flow, mask, 200)
    part = end_points(np.ascontiguousarray(flow[:, 17:, 23:]), np.ascontiguousarray(mask[17:, 23:]), 200)
    wy, wx = np.divmod(whole[mask], 200)
    py, px = np.divmod(part[mask[17:, 23:]], 200 - 23)
    assert (wy == py + 17).all()
    assert (wx == px + 23).all()
