"""An image as it looks to a person, whatever its depth and channels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PERCENTILES = (0.2, 99.8)  # become black and white; a few hot or dead pixels don't decide
SAMPLE = 1_000_000  # values that the percentiles are taken of; more change nothing that an eye sees


def as_seen(raw: NDArray[np.generic], image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`raw` `(H, W, C)` of any depth → `(H, W, 3)` uint8 with its contrast stretched.

    Gray and colour are stretched over all channels together, which keeps the
    hues; other counts of channels have no colours of their own, so `image`, the
    network's view `(H, W, 3)`, is stretched channel by channel instead.
    """
    channels = raw.shape[2]
    if channels == 1:
        return np.repeat(stretch(raw), 3, axis=2)
    if channels == 3:
        return stretch(raw)
    return np.concatenate([stretch(image[..., [channel]]) for channel in range(3)], axis=2)


def stretch(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Any real array → uint8, `PERCENTILES` of its finite values at 0 and 255; a constant becomes 0."""
    step = max(round((values.size / SAMPLE) ** 0.5), 1)
    sample = values[::step, ::step].astype(np.float32)
    sample = sample[np.isfinite(sample)]
    if sample.size == 0:
        return np.zeros(values.shape, np.uint8)
    low, high = (float(value) for value in np.percentile(sample, PERCENTILES))
    if high <= low:
        return np.zeros(values.shape, np.uint8)
    scaled = np.nan_to_num((values.astype(np.float32) - low) * (255 / (high - low)), posinf=255)
    return np.rint(scaled.clip(0, 255)).astype(np.uint8)
