"""Large images are tracked block by block, small ones whole; the labels are the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.settings import Tracking


def track(
    flow: NDArray[np.float32], probability: NDArray[np.float32], tracking: Tracking
) -> NDArray[np.int32]:
    """`(2, H, W)` flow and `(H, W)` probability → `(H, W)` int32 labels."""
    from app.flows.choice import cells_of

    return cells_of(flow, probability, tracking, "cpu")
