"""An image that is in memory already: known by its values, and given by rows like a file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .normalise import normalise


@dataclass(frozen=True)
class Pixels:
    """An image in memory, given by rows like a file."""

    array: NDArray[np.uint8]  # (H, W, 3), 8-bit steps

    def rows(self, y0: int, y1: int) -> NDArray[np.uint8]:
        """`(y1 - y0, W, 3)`."""
        return self.array[y0:y1]


def to_steps(image: NDArray[np.generic]) -> NDArray[np.uint8]:
    """`(H, W, 3)` 8-bit steps of an array as `segment` takes it."""
    if image.ndim not in (2, 3) or image.size == 0 or image.dtype.kind not in "buif":
        raise ValueError(
            f"image must be (H, W) or (H, W, C) of real numbers, found {image.shape} {image.dtype}"
        )
    if image.ndim == 2:
        image = image[..., None]
    if image.dtype.kind == "f" and not np.isfinite(image).all():
        raise ValueError("image holds NaN or infinite values")
    channels = image.shape[2]
    if image.dtype.kind == "f" and channels == 3 and image.min() >= 0 and image.max() <= 1:
        steps = np.rint(image * 255)
        if np.allclose(image * 255, steps, atol=1e-3):  # it was read and normalised before
            return steps.astype(np.uint8)
    if channels == 2:  # no third colour, or gray with alpha, which nobody can tell here: keep both
        image = np.concatenate([image, np.zeros_like(image[..., :1])], axis=2)
    steps = normalise(image[..., :3])
    return np.repeat(steps, 3, axis=2) if channels == 1 else steps
