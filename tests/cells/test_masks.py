"""compute_masks: the cells of ideal and damaged flows, and every shape that once crashed somebody."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from app.cells.diffusion import labels_to_flow
from app.errors import TrackingError
from app.flows import compute_masks


@pytest.mark.parametrize(
    ("size", "cells", "radii", "stretch"),
    [
        (200, 40, (8, 14), 1),
        (240, 60, (12, 18), 1),
        (200, 200, (2.8, 4.5), 1),
        (240, 25, (4, 6), 5),
        (400, 9, (50, 70), 1),
    ],
    ids=["round", "touching", "tiny", "elongated", "large"],
)
def test_cells_come_back_from_their_noisy_flow(flow_field, f1, size, cells, radii, stretch):
    labels, flow, probability = flow_field(size, cells, radii, stretch)
    assert f1(labels, compute_masks(flow, probability)) >= 0.98


def test_ids_are_consecutive_in_raster_order_of_first_pixels(flow_field):
    _, flow, probability = flow_field()
    masks = compute_masks(flow, probability)
    ids, firsts = np.unique(masks, return_index=True)
    assert masks.dtype == np.int32
    assert (ids == np.arange(len(ids))).all()
    assert (np.diff(firsts[1:]) > 0).all()


@pytest.mark.parametrize("shape", [(0, 0), (1, 1), (1, 60), (60, 1), (3, 3), (40, 50)])
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_no_cells_where_nothing_flows_together(shape, value):
    """The published code crashes on an image with no cells."""
    masks = compute_masks(np.zeros((2, *shape), np.float32), np.full(shape, value, np.float32))
    assert masks.shape == shape
    assert not masks.any()


def test_a_row_one_pixel_high_can_hold_cells():
    labels = np.repeat([0, 1, 0, 2], 30)[None]
    flow = 5 * labels_to_flow(labels)
    masks = compute_masks(flow, (labels > 0).astype(np.float32))
    assert (masks == labels).all()


def test_a_cell_that_fills_the_image_is_background_and_one_that_nearly_does_is_a_cell():
    for margin, cells in ((0, 0), (4, 1)):
        labels = np.zeros((60, 60), np.int32)
        labels[margin : 60 - margin, margin : 60 - margin] = 1
        masks = compute_masks(5 * labels_to_flow(labels), (labels > 0).astype(np.float32))
        assert masks.max() == cells


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", ["flow y", "flow x", "probability"])
def test_nan_and_infinity_are_errors_that_say_so(bad, where):
    flow, probability = np.zeros((2, 30, 40), np.float32), np.zeros((30, 40), np.float32)
    {"flow y": flow[0], "flow x": flow[1], "probability": probability}[where][29, 39] = bad
    with pytest.raises(TrackingError, match=f"{where} has NaN or infinite"):
        compute_masks(flow, probability)


def test_shapes_that_do_not_belong_together_are_refused():
    with pytest.raises(ValueError, match=r"\(2, H, W\)"):
        compute_masks(np.zeros((2, 5, 6), np.float32), np.zeros((6, 5), np.float32))


def test_a_mask_whose_own_flow_differs_is_dropped(flow_field):
    labels, flow, probability = flow_field(120, 4, (12, 16), noise=0)
    flow[:, labels == 1] *= 0.05  # still leads to the centre, but says little
    kept = compute_masks(flow, probability)
    assert not kept[labels == 1].any()
    assert all(kept[labels == cell].any() for cell in (2, 3, 4))
    assert compute_masks(flow, probability, flow_threshold=0)[labels == 1].any()


def test_wild_flow_leads_nobody_off_the_image():
    rng = np.random.default_rng(0)
    flow = rng.normal(0, 1e6, (2, 50, 70)).astype(np.float32)
    assert compute_masks(flow, np.ones((50, 70), np.float32)).shape == (50, 70)


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_other_float_types_and_orders_are_taken(flow_field, dtype):
    labels, flow, probability = flow_field(100, 9)
    masks = compute_masks(np.asfortranarray(flow.astype(dtype)), probability.astype(dtype))
    assert len(np.unique(masks)) == len(np.unique(labels))


def test_one_thread_and_many_give_the_same_labels(flow_field):
    from numba import get_num_threads, set_num_threads

    _, flow, probability = flow_field(300, 100)
    threads = get_num_threads()
    if threads == 1:
        pytest.skip("this machine has one thread")
    many = compute_masks(flow, probability)
    set_num_threads(1)
    try:
        one = compute_masks(flow, probability)
    finally:
        set_num_threads(threads)
    assert (one == many).all()


def test_python_threads_may_track_at_the_same_time(flow_field):
    """Numba's fallback threading layer ends the process where two threads enter it together."""
    from concurrent.futures import ThreadPoolExecutor

    _, flow, probability = flow_field(100, 9)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: compute_masks(flow, probability), range(8)))
    assert all((result == results[0]).all() for result in results)


def test_importing_the_package_does_not_import_numba():
    """`python -m app --help` must answer at once."""
    code = "import sys, app.flows, app.cells; assert not {'numba', 'torch'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
