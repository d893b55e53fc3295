"""Crops of the user's images, at the scales at which a prediction will see them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.augment import Crop, geometry, trust
from training.data import Sample
from training.intensities import diversify
from training.settings import Phase
from training.tuning.settings import Tuning

SCALES = (1.0, 0.5, 0.25, 0.125)  # of a prediction, whose results are merged
SEEN = (12.0, 110.0)  # px across: what the network is trusted with at any one scale
TRUSTED: tuple[float, float, float, float] = Phase("", 0, {}).trusted


def scales_of(diameter: float) -> list[float]:
    """Those at which a cell of `diameter` px is of a size to be found, the largest first; one at least.

    Cells too small at any scale are seen as they are, cells too large at the smallest scale.
    """
    if not diameter:
        return [1.0]
    fit = [scale for scale in SCALES if SEEN[0] <= diameter * scale <= SEEN[1]]
    return fit or [SCALES[0] if diameter < SEEN[1] else SCALES[-1]]


def draw_own(samples: Sequence[Sample], tuning: Tuning, rng: np.random.Generator) -> Crop:
    """A crop of any of `samples`, with a cell in it where one can be found in a few tries.

    Half of the crops are at the largest scale that fits, whose cells have most
    detail; the others are at any.
    """
    sample = samples[int(rng.integers(len(samples)))]
    scales = scales_of(sample.diameter)
    scale = scales[0] if rng.random() < 0.5 else scales[int(rng.integers(len(scales)))]
    zoom = scale * float(tuning.jitter ** rng.uniform(-1, 1))
    for _ in range(tuning.tries):
        crop = geometry(sample, tuning.crop, zoom, rng)
        if (crop.labels > 0).any() or not sample.diameter:
            break
    image = diversify(crop.image, crop.labels, tuning.intensity_p, rng)
    return Crop(image, trust(crop.labels, sample.diameters * zoom, TRUSTED), crop.flow)
