"""Tiled equals whole, to the pixel, whatever the blocks and bands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.cells import track, track_bands
from app.cells.diffusion import labels_to_flow
from app.errors import TrackingError
from app.flows import compute_masks
from app.settings import Tracking


@pytest.fixture(scope="module")
def noisy(synthetic_field: Callable[..., tuple]) -> Callable[..., tuple]:
    """`noisy(height, width, cells, seed)` → flow and probability of synthetic cells, with noise."""

    def make(height, width, cells, seed=0):
        _, labels = synthetic_field(height, width, cells, seed)
        rng = np.random.default_rng(seed)
        flow = 5 * labels_to_flow(labels) + rng.normal(0, 0.5, (2, height, width))
        probability = np.where(labels > 0, 0.9, 0.1) + rng.normal(0, 0.1, labels.shape)
        return flow.astype(np.float32), probability.astype(np.float32)

    return make


def in_bands(flow, probability, heights):
    """Consecutive bands of these heights, over and over."""
    y, i = 0, 0
    while y < len(probability):
        h = heights[i % len(heights)]
        yield flow[:, y : y + h], probability[y : y + h]
        y, i = y + h, i + 1


@pytest.mark.parametrize("block", [100, 173, 256, 400, 2000])
def test_tiled_equals_whole(noisy, block):
    """Dense cells, so that many lie across seams and corners; the published code cuts them there."""
    flow, probability = noisy(420, 510, 500)
    tiled = track(flow, probability, Tracking(block=block, block_from=0))
    assert (tiled == compute_masks(flow, probability)).all()


@pytest.mark.parametrize("block", [150, 300])
def test_cells_larger_than_a_block_and_its_first_halo_are_found_whole(block):
    y, x = np.ogrid[:700, :650]
    labels = ((y - 330) ** 2 + (x - 320) ** 2 < 180**2).astype(np.int32)
    labels[((y - 600) / 60) ** 2 + ((x - 250) / 220) ** 2 < 1] = 2
    flow, probability = 5 * labels_to_flow(labels), (labels > 0).astype(np.float32)
    whole = compute_masks(flow, probability)
    assert whole.max() == 2
    assert (track(flow, probability, Tracking(block=block, block_from=0)) == whole).all()


@settings(max_examples=5, deadline=None)
@given(
    seed=st.integers(0, 1000),
    block=st.integers(80, 300),
    heights=st.lists(st.integers(1, 200), min_size=1, max_size=4),
)
def test_labels_depend_on_neither_bands_nor_blocks(noisy, seed, block, heights):
    flow, probability = noisy(300, 220, 120, seed)
    rows = track_bands(in_bands(flow, probability, heights), (300, 220), Tracking(block=block))
    assert (np.concatenate(list(rows)) == compute_masks(flow, probability)).all()


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), smooth=st.integers(1, 12), block=st.integers(90, 200))
def test_tiled_equals_whole_on_flows_of_no_cells_in_particular(seed, smooth, block):
    """Random smooth flow: rings, cells within cells, sinks in a row, foreground without end."""
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(seed)
    flow = gaussian_filter(rng.normal(size=(2, 260, 240)), (0, smooth, smooth))
    flow = (5 * flow / np.hypot(*flow)).astype(np.float32)
    probability = gaussian_filter(rng.normal(size=(260, 240)), smooth)
    probability = (probability > np.quantile(probability, 0.3)).astype(np.float32)
    tracking = Tracking(block=block, block_from=0, flow_threshold=1.5)
    whole = track(flow, probability, replace(tracking, block_from=10**9))
    assert (track(flow, probability, tracking) == whole).all()


def test_holes_across_seams_are_filled_once():
    """A cell in a ring is swallowed by it, also where their seeds lie in different blocks."""
    labels = np.zeros((300, 300), np.int32)
    y, x = np.ogrid[:300, :300]
    labels[(y - 150) ** 2 + (x - 150) ** 2 < 60**2] = 1
    flow, probability = 5 * labels_to_flow(labels), (labels > 0).astype(np.float32)
    hole = (y - 120) ** 2 + (x - 180) ** 2 < 12**2
    labels[:] = hole
    flow[:, hole] = 5 * labels_to_flow(labels)[:, hole]
    whole = track(flow, probability, Tracking())
    for block in (75, 150, 160):
        assert (track(flow, probability, Tracking(block=block, block_from=0)) == whole).all()


def test_empty_blocks_are_not_tracked_and_change_nothing(noisy, monkeypatch):
    """Most of a slide is glass."""
    import app.cells.blocks.track as track_module

    flow, probability = noisy(600, 600, 30)
    probability[200:, :] = 0
    probability[:, 200:] = 0
    whole = compute_masks(flow, probability)
    tracked = []
    owned = track_module.owned_masks
    monkeypatch.setattr(track_module, "owned_masks", lambda *a: tracked.append(a) or owned(*a))
    assert (track(flow, probability, Tracking(block=100, block_from=0)) == whole).all()
    assert len(tracked) <= 9  # of 36: four with cells and those whose halo meets them


def test_a_large_cell_is_background_by_its_share_of_the_image_not_of_a_block():
    labels = np.zeros((400, 400), np.int32)
    labels[100:200, 100:200] = 1
    flow, probability = 5 * labels_to_flow(labels), (labels > 0).astype(np.float32)
    assert track(flow, probability, Tracking(block=100, block_from=0)).max() == 1
    assert track(flow, probability, Tracking(block=100, block_from=0, max_fraction=0.05)).max() == 0


def test_rows_leave_before_the_last_ones_have_come(noisy):
    """Else memory would grow with the height."""
    flow, probability = noisy(1500, 60, 150)
    seen = []

    def bands():
        for y in range(0, 1500, 50):
            seen.append(y + 50)
            yield flow[:, y : y + 50], probability[y : y + 50]

    bottom, held = 0, 0
    for rows in track_bands(bands(), (1500, 60), Tracking(block=100, niter=60)):
        bottom += len(rows)
        held = max(held, seen[-1] - bottom)
    assert bottom == 1500
    assert held < 500


@pytest.mark.parametrize("block_from", [0, 10**9])
def test_nan_is_an_error_in_blocks_too(block_from):
    flow, probability = np.zeros((2, 300, 200), np.float32), np.zeros((300, 200), np.float32)
    flow[1, 250, 10] = np.nan  # in a block without foreground
    with pytest.raises(TrackingError, match="flow x has NaN"):
        track(flow, probability, Tracking(block=100, block_from=block_from))


def test_bands_that_do_not_make_up_the_image_are_refused():
    flow, probability = np.zeros((2, 30, 20), np.float32), np.zeros((30, 20), np.float32)
    for shape in ((40, 20), (20, 20), (30, 21)):
        with pytest.raises(ValueError, match="band"):
            list(track_bands([(flow, probability)], shape, Tracking()))


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1)])
def test_thin_images_in_blocks(shape):
    tracking = Tracking(block=100, block_from=0)
    assert track(np.zeros((2, *shape), np.float32), np.ones(shape, np.float32), tracking).shape == shape
