"""The device is never a surprise: one line of truth, and an error where CUDA was asked for and is absent."""

from __future__ import annotations

import sys

import pytest

from app.errors import DeviceError
from app.network.engines import choose_device, device


def test_auto_without_a_gpu_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "cuda_devices", lambda: 0)
    chosen = choose_device("auto")
    assert chosen.kind == "cpu"
    assert "no GPU" in chosen.reason
    assert "\n" not in chosen.reason


def test_cuda_asked_for_and_absent_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A silent run on the CPU would take hours where minutes were expected."""
    monkeypatch.setattr(device, "cuda_devices", lambda: 0)
    with pytest.raises(DeviceError, match="--device cuda"):
        choose_device("cuda")


def test_a_gpu_without_torch_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """The slim image on a machine with a GPU: a user must learn that the other image would use it."""
    monkeypatch.setattr(device, "cuda_devices", lambda: 1)
    monkeypatch.setattr(device.importlib.util, "find_spec", lambda _: None)
    assert "torch is not installed" in choose_device("auto").reason
    with pytest.raises(DeviceError, match="torch is not installed"):
        choose_device("cuda")


def test_a_gpu_that_torch_cannot_use_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """An old driver: the GPU is there and of no use."""
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(device, "cuda_devices", lambda: 1)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert "can't use it" in choose_device("auto").reason


def test_a_usable_gpu_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(device, "cuda_devices", lambda: 1)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "GPU of the test")
    assert choose_device("auto").kind == choose_device("cuda").kind == "cuda"
    assert choose_device("cpu").kind == "cpu"


def test_cpu_asked_for_does_not_look_for_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "why_no_cuda", lambda: pytest.fail("looked for CUDA"))
    assert choose_device("cpu").kind == "cpu"
    assert "libcuda" not in sys.modules
