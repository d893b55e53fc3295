"""Which form tracks: numba kernels on the CPU, or torch on a device."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.flows import masks
from app.settings import Tracking


def cells_of(
    flow: NDArray[np.float32], probability: NDArray[np.float32], tracking: Tracking, device: str
) -> NDArray[np.int32]:
    """`(2, H, W)` flow and `(H, W)` probability → `(H, W)` int32 labels."""
    return masks.cells_of(
        np.ascontiguousarray(flow, np.float32), np.ascontiguousarray(probability, np.float32), tracking
    )
