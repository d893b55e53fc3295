"""Whether a cell can be seen: what differs from what lies around it by more than the noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.synthetic.canvas import Labels, borders
from training.synthetic.fields import blur

LEAST = 7.0  # of 255 gray levels, between two parts of a cell and around it
ABOVE_NOISE = 0.6  # of the noise's deviation; means over 20 px and more stand out from there on
REACH = 3  # px, how far around a cell its surroundings are taken


def visible(image: NDArray[np.uint8], labels: Labels) -> NDArray[np.bool_]:
    """`(N + 1,)` whether each cell can be seen; the ground (0) counts as seen.

    Three means are compared in each channel: around the cell, on its border,
    and in its inside. One pair at least has to differ: a body, or a rim, or a
    ring is what makes a cell.
    """
    planes = image.reshape(*labels.shape, -1)
    if planes.shape[2] == 3 and (planes[..., 0] == planes[..., 1]).all() and (planes[..., 0] == planes[..., 2]).all():
        planes = planes[..., :1]
    seen = np.zeros(int(labels.max()) + 1, bool)
    for channel in range(planes.shape[2]):
        plane = planes[..., channel].astype(np.float32)
        seen |= contrast(plane, labels) >= max(LEAST, ABOVE_NOISE * noise(plane))
    seen[0] = True
    return seen


def contrast(plane: NDArray[np.float32], labels: Labels) -> NDArray[np.float64]:
    """`(N + 1,)` gray levels: the largest difference between surroundings, border and inside of each cell."""
    count = int(labels.max()) + 1
    rim = borders(labels) & (labels > 0)
    inner = (labels > 0) & ~rim
    around, weight = np.zeros(count), np.zeros(count)
    smoothed = np.pad(plane, REACH, mode="reflect")
    others = np.pad(labels, REACH, mode="reflect")
    ids = labels[rim]
    y, x = np.nonzero(rim)
    for dy, dx in ((-REACH, 0), (REACH, 0), (0, -REACH), (0, REACH)):
        at = (y + dy + REACH, x + dx + REACH)
        foreign = others[at] != ids
        around += np.bincount(ids[foreign], smoothed[at][foreign], count)
        weight += np.bincount(ids[foreign], minlength=count)
    parts = [around / np.maximum(weight, 1)]
    known = [weight > 0]
    for mask in (rim, inner):
        pixels = np.bincount(labels[mask], minlength=count)
        parts.append(np.bincount(labels[mask], plane[mask], count) / np.maximum(pixels, 1))
        known.append(pixels > 0)
    low = np.min([np.where(k, p, np.inf) for p, k in zip(parts, known, strict=True)], axis=0)
    high = np.max([np.where(k, p, -np.inf) for p, k in zip(parts, known, strict=True)], axis=0)
    return np.where(np.isfinite(high - low), high - low, 0)


def noise(plane: NDArray[np.float32]) -> float:
    """Deviation of the noise, gray levels: from the median of what a small blur takes away."""
    rest = plane[::2, ::2] - blur(plane, 1.0)[::2, ::2]
    return float(1.4826 * np.median(np.abs(rest)) * 1.15)
