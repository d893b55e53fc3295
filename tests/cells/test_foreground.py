"""The cleaned foreground against scikit-image's definition, on random masks full of specks."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label

from app.cells.foreground import foreground


def without_small(mask, limit):
    parts, _ = label(mask)  # 4-connected
    sizes = np.bincount(parts.ravel())
    return mask & (sizes[parts] >= limit)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1), st.floats(0.1, 0.9), st.integers(1, 40), st.integers(1, 40), st.integers(1, 20)
)
def test_holes_are_filled_and_then_specks_dropped(seed, share, height, width, limit):
    probability = (np.random.default_rng(seed).random((height, width)) < share).astype(np.float32)
    filled = ~without_small(probability <= 0.5, limit)
    assert (foreground(probability, 0.5, limit) == without_small(filled, limit)).all()


def test_the_threshold_itself_is_background():
    assert not foreground(np.full((20, 20), 0.5, np.float32), 0.5, 16).any()
