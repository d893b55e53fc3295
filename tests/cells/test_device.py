"""The torch form gives the same cells; tried on the CPU, where torch runs too."""

from __future__ import annotations

import numpy as np
import pytest

from app.cells import choice, track, track_bands
from app.cells.choice import form_for, or_cpu
from app.cells.masks import Form, whole_masks
from app.errors import DeviceError
from app.flows import compute_masks
from app.settings import Tracking

pytest.importorskip("torch")


@pytest.mark.parametrize(
    ("size", "cells", "radii", "stretch"),
    [(150, 20, (8, 14), 1), (150, 36, (12, 18), 1), (120, 80, (2.8, 4.5), 1), (150, 12, (4, 6), 5)],
    ids=["round", "touching", "tiny", "elongated"],
)
def test_torch_finds_the_same_cells(flow_field, f1, size, cells, radii, stretch):
    from app.cells.device import device_form

    _, flow, probability = flow_field(size, cells, radii, stretch)
    masks = whole_masks(flow, probability, Tracking(), device_form("cpu"))
    assert f1(masks.labels, compute_masks(flow, probability)) >= 0.995


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (20, 30)])
def test_torch_takes_what_has_no_cells(shape):
    from app.cells.device import device_form

    for value in (0.0, 1.0):
        probability = np.full(shape, value, np.float32)
        cells = whole_masks(np.zeros((2, *shape), np.float32), probability, Tracking(), device_form("cpu"))
        assert not cells.labels.any()


def test_flow_errors_agree(flow_field):
    import torch

    from app.cells import device, diffusion
    from app.cells.ids import bounding_boxes

    labels, flow, _ = flow_field(150, 25, (3, 20), stretch=2, noise=0.2)
    boxes = bounding_boxes(labels, int(labels.max()))
    ours = diffusion.flow_errors(labels, boxes, flow)
    theirs = device.flow_errors(labels, boxes, flow, device=torch.device("cpu"))
    assert np.allclose(ours, theirs, atol=0.03)  # cells of a few pixels with two equally good centres


def test_a_device_that_is_not_there_is_an_error_and_auto_is_not():
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    with pytest.raises(DeviceError, match="no CUDA device"):
        form_for("cuda", 10)
    assert form_for("auto", 10**9) == form_for("cpu", 10**9)


def test_what_does_not_fit_the_device_is_the_cpus(flow_field, caplog):
    """The networks hold the memory first: an image that is large for tracking must not be lost for that."""
    import torch

    def full(*_):
        raise torch.OutOfMemoryError

    _, flow, probability = flow_field(100, 9)
    masks = whole_masks(flow, probability, Tracking(), or_cpu(Form(full, full)))
    assert (masks.labels == compute_masks(flow, probability)).all()
    assert "GPU memory ran out" in caplog.text


@pytest.mark.parametrize("in_bands", [False, True])
def test_tracking_reaches_the_device(flow_field, monkeypatch, in_bands):
    """It was written, tested and never called: beside engines on CUDA, `auto` takes it from some size on."""
    from app.cells import device

    used = []
    on_cpu = device.device_form("cpu")
    monkeypatch.setattr(choice, "cuda_in_use", lambda: True)
    monkeypatch.setattr(choice, "DEVICE_FROM", 10_000)
    monkeypatch.setattr(device, "device_form", lambda name: used.append(name) or on_cpu)
    _, flow, probability = flow_field(100, 9)
    tracking = Tracking(block=100)
    if in_bands:
        labels = np.concatenate(list(track_bands([(flow, probability)], (100, 100), tracking, "auto")))
    else:
        labels = track(flow, probability, tracking, "auto")
    assert used == ["cuda"]
    assert labels.max() == compute_masks(flow, probability).max()
    track(flow[:, :50], probability[:50], tracking, "auto")
    track(flow, probability, tracking, "cpu")
    assert used == ["cuda"]
