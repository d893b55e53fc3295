"""Some bands of a slide on their own, with the values that they have among all others.

    band first − 1   ▒▒▒ windows that begin above and reach into the part are run again: the halo
    ─────────────────────
    band first       ███ ┐
    …                ███ ├ given out
    band last − 1    ███ ┘

A part may be some columns only; windows beside it that reach into them are a halo, too.

A pixel's sum is added up in the order of bands, passes and windows. A part keeps
that order, so its floats are those of `Network.bands` to the bit (on the CPU,
where a window's output does not depend on the batch that it comes in).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .inference import Band, Network, sigmoid
from .passes import Mean
from .progress import Progress
from .scales import scaled
from .strips import Rows


def count_bands(shape: tuple[int, int], scale: float, height: int) -> int:
    """Bands of `height` image rows that an image of `shape` has at `scale`."""
    return math.ceil(scaled(shape, scale)[0] / math.ceil(height * scale))


def part_of_bands(
    network: Network,
    image: Rows,
    shape: tuple[int, int],
    progress: Progress,
    scale: float,
    height: int,
    part: range,
    columns: tuple[int, int] | None = None,
) -> Iterator[Band]:
    """Flow `(2, h, w)` and probability `(h, w)` of the bands numbered in `part`, all passes of a plan.

    The bands are those that `Network.bands` gives for the same `height`, from 0; of them the `columns`
    from the first to the second (exclusive), px at `scale`, or all.
    """
    seen = scaled(shape, scale)
    step = math.ceil(height * scale)
    top = part.start * step
    mean = network.where.mean(seen[1])
    passes = network.passes(image, shape, progress, scale, mean)
    left, right = columns or (0, seen[1])
    for one in passes:
        one.grid.keep(left, right)
    for one in passes:
        one.pending = [y for y in one.pending if one.grid.inside(y, 0)[2] > top]
    mean.top = min([top, *(max(one.pending[0], 0) for one in passes)])
    for number in range(mean.top // step, part.stop):
        bottom = min((number + 1) * step, seen[0])
        for one in passes:
            one.go_to(bottom)
        if number == part.start - 1:
            released(mean, top)  # rows of the halo: others have their sums
        elif number >= part.start:
            rows = released(mean, bottom)[:, :, left:right].copy()
            rows[2] = sigmoid(rows[2])
            yield rows[:2], rows[2]


def released(mean: Mean, bottom: int) -> NDArray[np.float32]:
    """As `Mean.release`; columns that no window of the part touches are NaN."""
    with np.errstate(invalid="ignore"):
        return mean.release(bottom)
