"""Whether a cell can be seen: what differs from what lies around it by more than the noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.synthetic.canvas import Labels, borders
from training.synthetic.fields import blur

LEAST = 5.0  # of 255 gray levels, between two parts of a cell and around it
ABOVE_NOISE = 0.6  # of the noise's deviation; means over 20 px and more stand out from there on
ABOVE_GROUND = 0.5  # of the deviation of the ground around the cell, which may be fibres or dirt
RELIEF = 6.0  # px, of the Gaussian from which light and shade of a border are measured
REACH = 3  # px, how far around a cell its surroundings are taken


def visible(image: NDArray[np.uint8], labels: Labels) -> NDArray[np.bool_]:
    """`(N + 1,)` whether each cell can be seen; the ground (0) counts as seen.

    Three means are compared in each channel: around the cell, on its border,
    and in its inside. Two of them at least have to differ: a body, or a rim, or
    a ring is what makes a cell. They have to differ by more than noise, and by
    more than the ground around the cell differs within itself. The same is asked
    of the relief: a border bright on one side and dark on the other is one, too.
    """
    planes = image.reshape(*labels.shape, -1)
    if (planes == planes[..., :1]).all():
        planes = planes[..., :1]
    seen = np.zeros(int(labels.max()) + 1, bool)
    for channel in range(planes.shape[2]):
        plane = planes[..., channel].astype(np.float32)
        least = max(LEAST, ABOVE_NOISE * noise(plane))
        relief = 2 * np.abs(plane - blur(plane, RELIEF))  # from dark to light it is twice the deviation
        for light in (plane, relief):
            difference, rough = contrast(light, labels)
            seen |= difference >= np.maximum(ABOVE_GROUND * rough, least)
    seen[0] = True
    return seen


def contrast(plane: NDArray[np.float32], labels: Labels) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`(N + 1,)` gray levels: between the means of surroundings, border and inside; of the ground."""
    count = int(labels.max()) + 1
    rim = borders(labels) & (labels > 0)
    near, other = np.pad(plane, REACH, mode="reflect"), np.pad(labels, REACH, mode="reflect")
    y, x = np.nonzero(rim)
    steps = ((-REACH, 0), (REACH, 0), (0, -REACH), (0, REACH))
    at = (
        np.concatenate([y + dy + REACH for dy, _ in steps]),
        np.concatenate([x + dx + REACH for _, dx in steps]),
    )
    ids = np.tile(labels[rim], len(steps))
    foreign = other[at] != ids
    bare = other[at] == 0
    parts = [
        means(near[at][foreign], ids[foreign], count),
        means(plane[rim], labels[rim], count),
        means(plane[(labels > 0) & ~rim], labels[(labels > 0) & ~rim], count),
    ]
    difference = np.nan_to_num(np.fmax.reduce(parts) - np.fmin.reduce(parts))
    ground = near[at][bare].astype(np.float64)
    variance = means(ground**2, ids[bare], count) - means(ground, ids[bare], count) ** 2
    return difference, np.sqrt(np.nan_to_num(variance).clip(0))


def means(values: NDArray[np.floating], ids: Labels, count: int) -> NDArray[np.float64]:
    """`(count,)` the mean of the values of each id; NaN where it has none."""
    weight = np.bincount(ids, minlength=count)
    return np.where(weight > 0, np.bincount(ids, values, count) / np.maximum(weight, 1), np.nan)


def noise(plane: NDArray[np.float32]) -> float:
    """Deviation of the noise, gray levels: from the median of what a small blur takes away."""
    rest = plane[::2, ::2] - blur(plane, 1.0)[::2, ::2]
    return float(1.4826 * np.median(np.abs(rest)) * 1.15)
