"""Engines: windows in, flow and probability out, on whatever this machine has.

device.py  which device, and why
cpu.py     OpenVINO; no torch
cuda.py    torch, half precision
signalstack.py  what OpenVINO does to the thread that loads it, undone
lazy.py    an engine that loads in a thread while other work goes on
export.py  makes the graph of an architecture (development only)
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..weights import Member, Weights
from .device import Device, Precision, choose_device
from .lazy import LazyEngine

__all__ = ["Device", "Engine", "Precision", "choose_device", "load_engines"]


class Engine(Protocol):
    """One network, ready to run."""

    @property
    def name(self) -> str:
        """For the log."""

    @property
    def batch(self) -> int:
        """Windows per call that it likes best."""

    def __call__(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """`(B, 3, 512, 512)` in [0, 1] → `(B, 3, 512, 512)`: flow y, flow x, probability logit."""


def load_engines(
    weights: Weights, device: Device, precision: Precision = "fast", *, watch: bool = False
) -> list[Engine]:
    """One engine per model; returns at once, while a thread loads them in turn.

    So the image is read while the first network loads, and the second loads
    while the first predicts; but where specialists see every image, the first
    tells looks apart and the others are loaded if they are called at all. A
    fault of the weights is raised by the first call. With `watch` they also
    tell what an image looks like (`look`, `embedding`).
    """
    ahead = 1 if weights.specialists and weights.specialists.rest else len(weights.members)
    pool = ThreadPoolExecutor(1, "load-weights")
    engines: list[Engine] = []
    for number, member in enumerate(weights.members):
        begin = partial(load, member, device, precision, watch)
        loaded = pool.submit(begin).result if number < ahead else cache(begin)
        engines.append(LazyEngine(member.file.stem, loaded))
    pool.shutdown(wait=False)  # what was submitted still runs
    return engines


def load(member: Member, device: Device, precision: Precision, watch: bool = False) -> Engine:
    """Verifies and loads one model; raises WeightsError."""
    member.verify()
    if device.kind == "cuda":
        from .cuda import CudaEngine

        return CudaEngine(member, precision)
    from .cpu import CpuEngine

    return CpuEngine(member, precision, watch=watch)
