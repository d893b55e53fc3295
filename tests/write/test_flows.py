"""Flow files in a form that Cellpose's users can't use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from imagecodecs import imread

from app.write import WRITERS, Result
from app.write.flows import logit, picture


def test_arrays_and_picture_open(tmp_path: Path, synthetic_field) -> None:
    image, labels = synthetic_field(60, 80, 8, 0)
    rng = np.random.default_rng(0)
    flow = rng.normal(size=(2, 60, 80)).astype(np.float32)
    probability = rng.random((60, 80)).astype(np.float32)
    path = WRITERS["flows"](Result("a", image, image, labels, flow, probability), tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a_flows.npz", "a_flows.png"]
    with np.load(path) as arrays:
        assert np.array_equal(arrays["dP"], flow)
        np.testing.assert_allclose(1 / (1 + np.exp(-arrays["cellprob"])), probability, atol=1e-6)
    assert imread(path.with_suffix(".png")).shape == (60, 80, 3)


def test_certain_pixels_have_a_finite_logit() -> None:
    """Infinite values break thresholds and plots."""
    assert np.isfinite(logit(np.array([0, 1], np.float32))).all()
    assert logit(np.array([0.5], np.float32))[0] == 0


def test_directions_have_cellposes_colours() -> None:
    """Red where the flow points up, black where there is none."""
    flow = np.zeros((2, 10, 10), np.float32)
    flow[0, 5:] = -5
    drawn = picture(flow)
    assert drawn[0, 0].tolist() == [0, 0, 0]
    assert drawn[9, 9].tolist() == [255, 63, 63]


def test_an_even_field_does_not_divide_by_zero() -> None:
    assert picture(np.zeros((2, 4, 4), np.float32)).max() == 0
