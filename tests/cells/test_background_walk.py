"""Pixels that walk off the foreground stay where they are."""

from __future__ import annotations

import numpy as np

from app.cells.trajectories import end_points


def test_a_pixel_on_background_does_not_share_its_neighbours_path():
    """All four neighbours being background looked like four that agree, and sent the pixel to a corner."""
    mask = np.zeros((300, 300), bool)
    mask[140:160, 100:160] = True
    flow = np.zeros((2, 300, 300), np.float32)
    flow[1, mask] = 5  # everything moves right, and some leaves the mask by a pixel
    flow[0, mask] = np.random.default_rng(0).normal(0, 2, mask.sum())
    ends = end_points(flow, mask, 200)
    y, x = np.divmod(ends[mask], 300)
    assert y.min() >= 138
    assert y.max() <= 162
    assert x.max() <= 162
