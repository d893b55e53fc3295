"""Holes of single masks."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import binary_fill_holes

from app.cells.holes import fill_all, hollow
from app.cells.ids import survey


def filled(labels):
    labels = labels.astype(np.int32)
    boxes, sizes, _, broken = survey(labels, int(labels.max(initial=0)))
    fill_all(labels, boxes, sizes, np.flatnonzero(hollow(labels, boxes, sizes, broken)), 0)
    assert (sizes[1:] == np.bincount(labels.ravel(), minlength=len(sizes))[1:]).all()
    return labels


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.3, 0.9), st.integers(1, 15), st.integers(1, 15))
def test_one_mask_is_filled_as_scipy_does(seed, share, height, width):
    mask = np.random.default_rng(seed).random((height, width)) < share
    assert (filled(mask) == binary_fill_holes(mask)).all()


def test_a_cell_inside_another_is_swallowed_and_one_in_its_bay_is_not():
    labels = np.zeros((12, 24), np.int32)
    labels[1:11, 1:11] = 1
    labels[4:8, 4:8] = 2
    labels[1:11, 13:23] = 3
    labels[4:8, 16:24] = 4  # the bay is open to the right
    result = filled(labels)
    assert (result[1:11, 1:11] == 1).all()
    assert (result[4:8, 16:24] == 4).all()
