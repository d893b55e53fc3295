"""What phase contrast adds beside the cells is smaller than they are; ruffles leave cells their size."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from training.synthetic.canvas import Canvas
from training.synthetic.outlines import pulled
from training.synthetic.transmitted import specks


@pytest.mark.parametrize("diameter", [8, 20, 60, 150])
def test_what_floats_is_smaller_than_a_cell(diameter):
    """Specks as large as cells, which nobody labels, would teach that cells are not to be found."""
    for seed in range(12):
        light = specks(np.random.default_rng(seed), 256, diameter)
        dark = ndimage.label(light < 0.5 * light.min())[0]
        areas = np.bincount(dark.ravel())[1:]
        assert np.median(2 * np.sqrt(areas / np.pi)) <= max(0.5 * diameter, 4)


def test_what_floats_leaves_the_lamp_as_it_was():
    """Specks of more weight than their rings would make a field of them darker than one without."""
    means = [specks(np.random.default_rng(seed), 256, 40).mean() for seed in range(40)]
    assert abs(np.mean(means)) < 0.05


@pytest.mark.parametrize("ends", [2, 3, 5])
def test_ruffled_cells_are_as_large_as_smooth_ones(ends):
    """Teeth that add area would make the sizes that a layout asks for wrong."""

    def area(ruffled: float, seed: int) -> int:
        canvas = Canvas(200)
        outline = pulled(np.random.default_rng(seed), 30, ends, 0.5, 0.5, 1.0, ruffled)
        canvas.paint([outline], np.array([100.0, 100.0]), 0.5)
        return int((canvas.labels > 0).sum())

    ratios = [area(0.2, seed) / area(0.0, seed) for seed in range(20)]
    assert 0.9 < np.mean(ratios) < 1.15
    assert np.ptp(ratios) > 0.01
