"""Random fields: what is smooth, and how smooth, as every layout and look needs it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
Random = np.random.Generator

FINEST = 1.2  # px; a field has no finer knots
FALL = 0.55  # of the amplitude, from an octave to the next


def smooth(rng: Random, size: int, scale: float, octaves: int = 1) -> Image:
    """`(S, S)` noise of mean 0 and deviation near 1, whose coarsest features are `scale` px wide."""
    return streaked(rng, size, (scale, scale), octaves)


def streaked(rng: Random, size: int, scales: tuple[float, float], octaves: int = 1) -> Image:
    """As `smooth`, with a scale down and another across: fibres lie along the longer one."""
    total = np.zeros((size, size), np.float32)
    power = 0.0
    for octave in range(octaves):
        amplitude = FALL**octave
        down, across = (cubic(rng, size, max(scale / 2**octave, FINEST)) for scale in scales)
        knots = rng.standard_normal((down.shape[1], across.shape[1])).astype(np.float32)
        total += amplitude * (down @ knots @ across.T)
        power += amplitude**2
    return total / np.float32(0.8 * np.sqrt(power))


def cubic(rng: Random, size: int, scale: float) -> NDArray[np.float32]:
    """`(size, knots)` weights of Catmull and Rom's cubic between knots `scale` px apart, anywhere."""
    at = np.arange(size) / scale + rng.uniform(0, 1)
    first = at.astype(int)
    t = at - first
    weights = np.zeros((size, int(first[-1]) + 4), np.float32)
    rows = np.arange(size)
    weights[rows, first] = ((2 - t) * t - 1) * t / 2
    weights[rows, first + 1] = ((3 * t - 5) * t * t + 2) / 2
    weights[rows, first + 2] = ((4 - 3 * t) * t + 1) * t / 2
    weights[rows, first + 3] = (t - 1) * t * t / 2
    return weights


def blur(image: NDArray[np.generic], sigma: float) -> Image:
    """Gaussian of `sigma` px over the first two axes; wide ones on a coarser grid, which nobody sees."""
    from scipy import ndimage

    light: Image = np.asarray(image, np.float32)
    if sigma < 0.2:
        return light
    rest = light.ndim - 2
    if sigma <= 4:
        return ndimage.gaussian_filter(light, (sigma, sigma) + (0,) * rest, truncate=3, mode="nearest")
    step = int(sigma // 2)
    height, width = light.shape[:2]
    padded = np.pad(light, [(0, -height % step), (0, -width % step)] + [(0, 0)] * rest, mode="edge")
    rows, columns = len(padded) // step, padded.shape[1] // step
    coarse = padded.reshape(rows, step, columns, step, *light.shape[2:]).mean(axis=(1, 3))
    wide = blur(coarse, sigma / step).repeat(step, 0).repeat(step, 1)[:height, :width]
    return ndimage.uniform_filter(wide, (step, step) + (1,) * rest, mode="nearest")  # no steps remain


def scattered(rng: Random, size: int, heights: NDArray[np.float64]) -> Image:
    """`(S, S)`: each of `heights` at a pixel anywhere, 0 elsewhere; what `dots` are made of."""
    points = np.zeros((size, size), np.float32)
    points[tuple(rng.integers(0, size, (2, len(heights))))] = heights
    return points


def dots(points: Image, sigma: float) -> Image:
    """Gaussian dots of `sigma` px, as high in their middles as `points` are."""
    return 2 * np.pi * sigma**2 * blur(points, sigma)


def bent(rng: Random, field: Image) -> Image:
    """The field with its straight lines pulled into waves."""
    size = len(field)
    y, x = np.indices(field.shape, np.float32)
    reach = size * rng.uniform(0.02, 0.12)
    down, across = (reach * smooth(rng, size, size / rng.uniform(1.2, 4)) for _ in range(2))
    return field[(y + down).astype(int) % size, (x + across).astype(int) % size]


def log_uniform(rng: Random, low: float, high: float) -> float:
    """A number between `low` and `high`, each octave as likely as another."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def chance(rng: Random, p: float) -> bool:
    """True in a share `p` of the calls."""
    return bool(rng.random() < p)
