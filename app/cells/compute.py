"""Flow and probability to cells: foreground → trajectories → seeds → masks → judged, filled, numbered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.settings import Tracking

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def compute_masks(
    flow: NDArray[np.float32],
    probability: NDArray[np.float32],
    *,
    niter: int = 200,
    flow_threshold: float = 0.4,
    probability_threshold: float = 0.5,
    min_size: int = 16,
    device: str = "cpu",
) -> NDArray[np.int32]:
    """Labels of the cells that `flow` leads to, `(H, W)` int32, ids 1..N in raster order of first pixels.

    `flow` is `(2, H, W)` float32, order (dy, dx), five times the unit vector;
    `probability` `(H, W)` float32 in [0, 1]. `niter` steps at most per pixel;
    `flow_threshold` is the largest mean squared flow error, 0 for no check;
    `min_size` in px. Raises ValueError for wrong shapes, TrackingError for
    NaN or infinite values.
    """
    from app.flows.choice import form_for  # numba is imported only where cells are tracked
    from app.flows.masks import whole_masks

    tracking = Tracking(
        niter=niter,
        flow_threshold=flow_threshold,
        probability_threshold=probability_threshold,
        min_size=min_size,
    )
    return whole_masks(flow, probability, tracking, form_for(device, probability.size))
