"""A network whose answer depends on the place in the window, so that no misplaced window goes unnoticed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Uneven:
    """Stands in for the network: its answer depends on the place in the window and on neighbours."""

    name = "uneven"
    batch = 3

    def __call__(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        ramp = np.linspace(0.5, 2, windows.shape[2], dtype=np.float32)
        turned = windows * ramp[:, None] + np.roll(windows, 2, axis=3) * ramp
        return turned + np.array([0.1, 0.2, 0.3], np.float32)[:, None, None]
