"""A look at four times an image's size, where that is small and so are its cells.

Cells of less than some 15 px across run into each other even at twice their
size. A look at four times costs four times what that at twice does, so it is
taken only where what was seen says that it pays, and the clock has time for it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..settings import FLOW_SCALE
from .scales import CLOSEST

FOREGROUND = 0.5  # probability
MOST_PIXELS = 125_000  # of an image: at four times its size that is as much as MOST_DOUBLED twice over
SMALL = 17.0  # px, apparent; chosen on val, whole and resized: benchmarks/README.md, "A closer look"


def may_pay(scales: tuple[float, ...], shape: tuple[int, int]) -> bool:
    """Whether a closer look is among `scales`, besides others, and the image is small enough for it."""
    return CLOSEST in scales and len(scales) > 1 and shape[0] * shape[1] <= MOST_PIXELS


def apparent_diameter(flow: NDArray[np.float32], probability: NDArray[np.float32], scale: float) -> float:
    """Px of the image, from flow `(2, h, w)` and probability `(h, w)` at `scale`; 0 where no cell is seen.

    By Gauss's theorem the unit flows of a disc of diameter d converge by 4 / d in the mean over its
    area. Outside they are 0, so that half of what ends at the border lies beyond it: 2 / d. Predicted
    flows are shorter than 1 where the network is unsure, and cells appear up to a quarter larger.
    """
    seen = probability > FOREGROUND
    if not seen.any() or min(seen.shape) < 2:
        return 0.0
    convergence = -(np.gradient(flow[0], axis=0) + np.gradient(flow[1], axis=1))[seen].mean() / FLOW_SCALE
    return float(2 / convergence / scale) if convergence > 0 else 0.0


def pays(diameter: float) -> bool:
    """Whether cells of that apparent `diameter`, px, gain by a closer look."""
    return 0 < diameter < SMALL
