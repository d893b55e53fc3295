"""Which form tracks: numba kernels on the CPU, or torch on a device."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..settings import Tracking
from .diffusion import flow_errors
from .foreground import foreground
from .masks import Form
from .trajectories import end_points

logger = logging.getLogger(__name__)
P = ParamSpec("P")
Array = TypeVar("Array", bound=NDArray[Any])

# px from which 'auto' takes a CUDA device. An estimate, not a measurement: under it the CPU needs
# less than a tenth of a second, about what the device's many small calls take whatever the size.
DEVICE_FROM = 1_000_000


def form_for(device: str, pixels: int) -> Form:
    """The form for 'cpu', a torch device such as 'cuda', or the faster one for an array of `pixels`: 'auto'.

    Raises DeviceError where a device is asked for and isn't there.
    """
    if device == "auto":
        device = "cuda" if pixels >= DEVICE_FROM and cuda_in_use() else "cpu"
    if device == "cpu":
        return Form(cpu_ends, flow_errors)
    from .device import device_form

    return or_cpu(device_form(device))


def or_cpu(on_device: Form) -> Form:
    """`on_device`, and the CPU for an array that doesn't fit beside the networks in the device's memory."""
    return Form(tried(on_device.ends, cpu_ends), tried(on_device.errors, flow_errors))


def tried(there: Callable[P, Array], here: Callable[P, Array]) -> Callable[P, Array]:
    """One step of a form, done `here` where `there` has no memory left."""
    import torch

    def step(*arrays: P.args, **options: P.kwargs) -> Array:
        try:
            return there(*arrays, **options)
        except torch.OutOfMemoryError:
            logger.warning("GPU memory ran out while cells were tracked; the CPU goes on with them")
            return here(*arrays, **options)

    return step


def cuda_in_use() -> bool:
    """Has this process loaded torch and is a CUDA device there? Where it hasn't, loading it costs seconds."""
    torch = sys.modules.get("torch")
    return torch is not None and torch.cuda.is_available()


def cpu_ends(
    flow: NDArray[np.float32], probability: NDArray[np.float32], tracking: Tracking
) -> NDArray[np.int32]:
    """`(H, W)` int32: flat index of the pixel where each foreground pixel ends, -1 elsewhere."""
    mask = foreground(probability, tracking.probability_threshold, tracking.min_size)
    return end_points(flow, mask, tracking.niter)
