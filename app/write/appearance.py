"""An image as it looks to a person, whatever its depth and channels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .rows import Rows, bands

PERCENTILES = (0.2, 99.8)  # become black and white; a few hot or dead pixels don't decide
SAMPLE = 1_000_000  # px that the percentiles are taken of; more change nothing that an eye sees


class Sample:
    """Pixels on a regular grid of an image, from consecutive bands of it."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        """`shape` of the image, `(H, W, ...)`."""
        self.step = max(round((shape[0] * shape[1] / SAMPLE) ** 0.5), 1)
        self.seen = 0  # rows
        self.parts: list[NDArray[np.generic]] = []

    def add(self, rows: NDArray[np.generic]) -> None:
        """The next `(h, W, ...)`."""
        self.parts.append(rows[-self.seen % self.step :: self.step, :: self.step].copy())
        self.seen += len(rows)

    @property
    def values(self) -> NDArray[np.generic]:
        """`(h, w, ...)`."""
        return np.concatenate(self.parts)


@dataclass(frozen=True)
class Contrast:
    """Which values become black and white; of all channels together, which keeps hues, or of each."""

    ranges: tuple[tuple[float, float], ...]

    @classmethod
    def of(cls, values: Rows, *, together: bool) -> Contrast:
        """Of an image `(H, W, C)`: `PERCENTILES` of its finite values."""
        sample = Sample(values.shape)
        for band in bands(values):
            sample.add(band)
        channels = 1 if together else values.shape[2]
        apart = sample.values.astype(np.float32).reshape(-1, channels)
        return cls(tuple(limits(apart[:, channel]) for channel in range(channels)))

    def apply(self, values: NDArray[np.generic]) -> NDArray[np.uint8]:
        """`(h, W, C)` → `(h, W, 3)`; one channel is gray."""
        if len(self.ranges) == 1:
            seen = stretched(values, *self.ranges[0])
            return np.repeat(seen, 3, axis=2) if values.shape[2] == 1 else seen
        apart = [stretched(values[..., [channel]], *ends) for channel, ends in enumerate(self.ranges)]
        return np.concatenate(apart, axis=2)


def as_seen(raw: NDArray[np.generic], image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`raw` `(H, W, C)` of any depth → `(H, W, 3)` uint8 with its contrast stretched.

    Counts of channels other than one and three have no colours of their own, so
    `image`, the network's view `(H, W, 3)`, is stretched channel by channel instead.
    """
    together = raw.shape[2] in (1, 3)
    values = raw if together else image
    return Contrast.of(values, together=together).apply(values)


def limits(values: NDArray[np.float32]) -> tuple[float, float]:
    """What becomes black and white of some values; a range of none where all are equal."""
    values = values[np.isfinite(values)]
    if values.size == 0:
        return 0.0, 0.0
    low, high = np.percentile(values, PERCENTILES).tolist()
    return low, high


def stretched(values: NDArray[np.generic], low: float, high: float) -> NDArray[np.uint8]:
    """Any real array → uint8, 0 at `low` and 255 at `high`; all 0 where the range is none."""
    if high <= low:
        return np.zeros(values.shape, np.uint8)
    scaled = np.nan_to_num((values.astype(np.float32) - low) * (255 / (high - low)), posinf=255)
    return np.rint(scaled.clip(0, 255)).astype(np.uint8)
