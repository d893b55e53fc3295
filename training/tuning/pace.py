"""How large the crops are, so that a slow machine makes small steps and not a few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from training.data import Sample
from training.tuning.crops import scales_of
from training.tuning.settings import Tuning

CROPS = (256, 192, 128)  # px
ENOUGH = 700  # steps; benchmarks/README.md has what fewer and larger ones gave
ROOM = 2.5  # times as large as its cells is a crop that shows a cell and what is beside it


def paced(tuning: Tuning, samples: Sequence[Sample], seconds: float, a_step: float) -> Tuning:
    """`tuning` with crops so small that enough steps fit into `seconds`.

    `a_step` is what one takes with the smallest crops; a step takes longer as its area grows. Crops stay
    large enough for the cells of `samples`, and no larger than they were asked for.
    """
    sizes = [sample.diameter * scales_of(sample.diameter)[0] for sample in samples]
    roomy = [crop for crop in CROPS if crop >= ROOM * max(sizes)] or [CROPS[0]]
    quick = [crop for crop in roomy if a_step * (crop / CROPS[-1]) ** 2 * ENOUGH <= seconds]
    return replace(tuning, crop=min(tuning.crop, quick[0] if quick else roomy[-1]))
