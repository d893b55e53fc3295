"""Each cell's own flow: unit vectors that climb to its centre, whatever lies beside it."""

from __future__ import annotations

import numpy as np
import pytest

from app.cells.diffusion import flow_errors, labels_to_flow
from app.cells.ids import bounding_boxes


def slow_flow(labels):
    """The definition in plain NumPy and double precision, without log's shortcut for small heat."""
    flow = np.zeros((2, *labels.shape))
    for cell in np.unique(labels[labels > 0]):
        ys, xs = np.nonzero(labels == cell)
        best = np.argmin((ys - np.median(ys)) ** 2 + (xs - np.median(xs)) ** 2)
        inside = np.pad(labels == cell, 1)
        heat = np.zeros(inside.shape)
        for _ in range(2 * (np.ptp(ys) + np.ptp(xs) + 2)):
            heat[ys[best] + 1, xs[best] + 1] += 1
            mean = sum(np.roll(heat, (dy, dx), (0, 1)) for dy in (-1, 0, 1) for dx in (-1, 0, 1)) / 9
            heat = mean * inside
        log = np.log1p(heat)
        gradient = np.array([log[2:, 1:-1] - log[:-2, 1:-1], log[1:-1, 2:] - log[1:-1, :-2]])
        gradient /= np.maximum(np.hypot(*gradient), 1e-60)
        flow[:, ys, xs] = gradient[:, ys, xs]
    return flow


def test_equals_the_definition(flow_field):
    labels, _, _ = flow_field(90, 12, (6, 16), seed=4)
    assert np.allclose(labels_to_flow(labels), slow_flow(labels), atol=2e-3)


def test_vectors_are_units_on_cells_and_zero_elsewhere(flow_field):
    labels, _, _ = flow_field(150, 40, (3, 14))
    length = np.hypot(*labels_to_flow(labels))
    assert (length[labels == 0] == 0).all()
    assert ((abs(length - 1) < 1e-5) | (length == 0))[labels > 0].all()
    assert (length[labels > 0] > 0).mean() > 0.98  # all but centres


def test_heat_reaches_the_ends_of_a_long_thin_cell():
    """In float32, without room below one, heat 150 px from the centre would vanish, and flow with it."""
    labels = np.zeros((5, 310), np.int32)
    labels[1:4, 5:305] = 1
    flow = labels_to_flow(labels)
    assert (flow[1, 2, 5:120] > 0.9).all()


def test_ids_may_have_gaps_and_images_may_be_empty():
    labels = np.zeros((20, 20), np.int64)
    labels[5:12, 5:12] = 7
    assert (np.hypot(*labels_to_flow(labels))[labels == 7] > 0).sum() >= 48
    assert not labels_to_flow(np.zeros((4, 0), np.int32)).size


@pytest.mark.parametrize(("scale", "expected"), [(5.0, 0.0), (0.0, 1.0), (-5.0, 4.0)])
def test_flow_error_is_the_mean_squared_distance(scale, expected):
    labels = np.zeros((40, 40), np.int32)
    labels[5:30, 7:35] = 1
    flow = np.float32(scale) * labels_to_flow(labels)
    error = flow_errors(labels, bounding_boxes(labels, 1), flow)[1]
    assert error == pytest.approx(expected, abs=0.01)
