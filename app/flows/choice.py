"""Which form tracks: numba kernels on the CPU, or torch on a device."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.flows.diffusion import flow_errors
from app.flows.foreground import foreground
from app.flows.masks import Form
from app.flows.trajectories import end_points
from app.settings import Tracking


def form_for(device: str, pixels: int) -> Form:
    """The form for `device` ('cpu', 'cuda' or 'cuda:N')."""
    if device == "cpu":
        return Form(cpu_ends, flow_errors)
    from app.flows.device import device_form

    return device_form(device)


def cpu_ends(
    flow: NDArray[np.float32], probability: NDArray[np.float32], tracking: Tracking
) -> NDArray[np.int32]:
    """`(H, W)` int32: flat index of the pixel where each foreground pixel ends, -1 elsewhere."""
    mask = foreground(probability, tracking.probability_threshold, tracking.min_size)
    return end_points(flow, mask, tracking.niter)
