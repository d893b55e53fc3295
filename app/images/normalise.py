"""Intensities to 8-bit steps, as the published models saw them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PERCENTILES = (0.0, 99.5)  # of the non-zero values over all channels (published MEDIAR transforms)


def normalise(raw: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Any real `raw` → uint8 of the same shape; divided by 255 it is what the network sees.

    The 0 and 99.5 percentiles of the non-zero values, all channels together,
    become 0 and 255; values between are cut down to whole steps. A constant
    image becomes 0 everywhere.
    """
    values = raw[raw != 0]
    if values.size == 0:
        return np.zeros(raw.shape, np.uint8)
    low, high = np.percentile(values, PERCENTILES)
    if high <= low:
        return np.zeros(raw.shape, np.uint8)
    scaled = (np.clip(raw.astype(np.float64), low, high) - low) / (high - low) * 255
    return scaled.astype(np.uint8)
