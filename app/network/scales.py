"""An image as the network sees it at another scale, and which scales an image is seen at.

The network knows cells of some 10 to 110 px. A larger cell is that small at a
half, a quarter or an eighth, where a pass costs the square of the scale; a
smaller one is that large at 2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from .strips import Rows

SCALES = (4.0, 2.0, 1.0, 0.5, 0.25, 0.125)  # finest first, as everywhere
CLOSEST = SCALES[0]  # no part of a plan with other scales; closer.py tells when it is run after them
AUTO = SCALES  # what `--scales auto` runs, as far as an image is worth it
MOST_DOUBLED = 500_000  # px; in a larger image scale 2 would take the time that flips need
LEAST_SIDE = 100  # px; an image whose longer side is less at a scale holds no cell for it
CUBIC = np.array([-9, 111, 29, -3], np.float32) / 128  # Catmull-Rom's weights a quarter px behind the second


def scaled(shape: tuple[int, int], scale: float) -> tuple[int, int]:
    """`shape` as the network sees it, rounded up."""
    return math.ceil(shape[0] * scale), math.ceil(shape[1] * scale)


def tracked_pixels(shape: tuple[int, int], scales: Sequence[float]) -> int:
    """Pixels of the grids of all `scales` together."""
    return sum(math.prod(scaled(shape, scale)) for scale in scales)


def parse_scales(text: str) -> tuple[float, ...]:
    """`auto` → AUTO; `0.25,1` → (1.0, 0.25), finest first. Raises UsageError for other scales than SCALES."""
    if text == "auto":
        return AUTO
    try:
        wanted = {float(part) for part in text.split(",")}
    except ValueError:
        wanted = set()
    if not wanted or not wanted <= set(SCALES):
        known = ", ".join(f"{scale:g}" for scale in SCALES)
        raise UsageError(f"scales '{text}': use auto, or some of {known} with commas between them")
    return tuple(sorted(wanted, reverse=True))


def worth_running(scales: tuple[float, ...], shape: tuple[int, int]) -> tuple[float, ...]:
    """Those of `scales` that pay for any image of `shape`; at least one is left."""

    def pays(scale: float) -> bool:
        if scale == CLOSEST:
            return False
        if scale > 1:
            return shape[0] * shape[1] <= MOST_DOUBLED
        return scale == 1 or max(shape) * scale >= LEAST_SIDE

    return tuple(scale for scale in scales if pays(scale)) or scales[:1]


def rescaled(image: Rows, shape: tuple[int, int], scale: float) -> Rows:
    """`image` of `shape` at one of SCALES; 1 is the image itself."""
    if scale == 1:
        return image
    if scale < 1:
        return Reduced(image, shape, round(1 / scale))
    twice = Doubled(image, shape)
    return twice if scale == 2 else Doubled(twice, (2 * shape[0], 2 * shape[1]))


class Reduced:
    """An image at a `factor`-th of its size; each pixel the mean of `factor` by `factor`."""

    def __init__(self, image: Rows, shape: tuple[int, int], factor: int) -> None:
        self.image = image
        self.shape = shape
        self.factor = factor

    def rows(self, y0: int, y1: int) -> NDArray[np.uint8]:
        """`(y1 - y0, ceil(W / factor), 3)`; the image's last pixels are repeated where some are missing."""
        k = self.factor
        full = self.image.rows(k * y0, min(k * y1, self.shape[0]))
        full = np.pad(full, ((0, -len(full) % k), (0, -full.shape[1] % k), (0, 0)), mode="edge")
        sums = full[0::k].astype(np.uint16)
        for i in range(1, k):
            sums += full[i::k]
        total = sums[:, 0::k].copy()  # of 64 at most, so 16 bits hold it
        for i in range(1, k):
            total += sums[:, i::k]
        return (total // (k * k)).astype(np.uint8)


class Doubled:
    """An image at twice its size, by Catmull-Rom's cubic; values are cut to 0..255."""

    def __init__(self, image: Rows, shape: tuple[int, int]) -> None:
        self.image = image
        self.shape = shape

    def rows(self, y0: int, y1: int) -> NDArray[np.uint8]:
        """`(y1 - y0, 2 W, 3)`."""
        height = self.shape[0]
        first, last = max(y0 // 2 - 2, 0), min((y1 - 1) // 2 + 3, height)
        needed = np.arange(y0 // 2 - 2, (y1 - 1) // 2 + 3).clip(0, height - 1) - first
        source = self.image.rows(first, last)[needed].astype(np.float32)
        tall = doubled(source, 0)[y0 % 2 :][: y1 - y0]
        wide = doubled(np.pad(tall, ((0, 0), (2, 2), (0, 0)), mode="edge"), 1)
        return np.rint(wide).clip(0, 255).astype(np.uint8)


def doubled(array: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """`n + 4` values along `axis` → `2 n`: those a quarter px before and after each but the outer two."""
    moved = np.moveaxis(array, axis, 0)
    count = len(moved) - 4
    out = np.zeros((2 * count, *moved.shape[1:]), np.float32)
    for i, weight in enumerate(CUBIC):
        out[0::2] += weight * moved[3 - i : 3 - i + count]  # the mirror image of what follows
        out[1::2] += weight * moved[1 + i : 1 + i + count]
    return np.moveaxis(out, 0, axis)
