"""Plans from best to cheapest, as they were measured: data beside the weights, per encoder.

`ladder.json` lies where the weights lie; weights that bring none of their own, or
whose encoder it does not know, take the carried pair's.
`python -m benchmarks.ladder` measures F1 and time of each step and writes it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import Path

from ..errors import WeightsError
from ..settings import Windows
from .scales import scaled
from .weights import Weights
from .weights.carried import CARRIED
from .windows import View, count_windows

FILE = "ladder.json"
VIEWS = (View.IDENTITY, View.HORIZONTAL, View.VERTICAL)


def pass_order(models: int) -> list[tuple[View, int]]:
    """Which (view, model) each pass takes: all models on the image itself, then on each flip."""
    return list(product(VIEWS, range(models)))


@dataclass(frozen=True)
class Rung:
    """One way to run the network: `passes` of (model, view) in their order, at one overlap."""

    overlap: float
    passes: int  # at scale 1, or at the only scale
    scales: tuple[float, ...] = (1.0,)  # finest first; 0.5 = the network sees the image at half its size
    beside: int | None = None  # passes at each scale beside 1, where fewer do

    def passes_at(self, scale: float) -> int:
        """Passes at one of `scales`."""
        return self.passes if self.beside is None or scale == 1 or len(self.scales) == 1 else self.beside

    def windows(self, base: Windows) -> Windows:
        """The settings of the windows with this rung's overlap."""
        return replace(base, overlap=self.overlap)

    def count(self, shape: tuple[int, int], base: Windows) -> int:
        """Windows in all passes together over an image of `shape`."""
        return sum(self.count_at(scale, shape, base) for scale in self.scales)

    def count_at(self, scale: float, shape: tuple[int, int], base: Windows) -> int:
        """The same at one scale."""
        return self.passes_at(scale) * count_windows(scaled(shape, scale), self.windows(base))


KINDS: dict[str, Callable[[float], bool]] = {  # of scales, by what they cost: a doubled image four times
    "all": lambda _: True,
    "undoubled": lambda scale: scale <= 1,
    "native": lambda scale: scale == 1,
    "coarse": lambda scale: scale <= 0.5,
}


@dataclass(frozen=True)
class Step:
    """One line of `ladder.json`: a rung for any number of models and any scales, and what it was worth."""

    overlap: float
    views: int  # 1 to 3, at scale 1
    beside: int  # the same at the other scales
    models: str = "all"  # or "one"
    scales: str = "all"  # or another of KINDS
    f1: float = 0.0  # mean over the sets it was measured on
    time: float = 0.0  # windows of the images it was measured on, as a part of the dearest step's

    def __post_init__(self) -> None:
        """Raises ValueError for scales of no kind."""
        if self.scales not in KINDS:
            raise ValueError(f"scales '{self.scales}' are none of {', '.join(KINDS)}")

    def rung(self, models: int, scales: tuple[float, ...]) -> Rung:
        """This step with a pair of `models` at those of `scales`, finest first."""
        count = models if self.models == "all" else 1
        scales = of_kind(self.scales, scales)
        beside = None if self.beside == self.views else self.beside * count
        return Rung(self.overlap, self.views * count, scales, beside)


def of_kind(kind: str, scales: tuple[float, ...]) -> tuple[float, ...]:
    """Those of `scales` that `kind` keeps, finest first; where that is none, one that comes nearest."""
    kept = tuple(scale for scale in scales if KINDS[kind](scale))
    if kept:
        return kept
    return (min(0.5, scales[-1]),) if kind == "coarse" else (min(scales, key=lambda s: abs(math.log2(s))),)


def published(models: int, base: Windows, scales: tuple[float, ...] = (1.0,)) -> Rung:
    """All models and views at the overlap as set: what is run where no clock runs."""
    return Rung(base.overlap, models * len(VIEWS), scales)


def ladder(
    steps: Sequence[Step], models: int, base: Windows, scales: tuple[float, ...] = (1.0,)
) -> tuple[Rung, ...]:
    """The rungs of `steps` in their order, none at more overlap than `base` has.

    `scales` are those that the image is worth seeing at, finest first.
    """
    rungs = (step.rung(models, scales) for step in steps)
    return tuple(dict.fromkeys(replace(rung, overlap=min(rung.overlap, base.overlap)) for rung in rungs))


def choose(rungs: tuple[Rung, ...], seconds: float, cost: Callable[[Rung], float]) -> Rung:
    """The first rung whose cost fits in `seconds`; where none does the cheapest, of equals the first.

    Which is cheapest depends on the image: a small one takes one window at scale 1, and one at each below.
    """
    return next((rung for rung in rungs if cost(rung) <= seconds), min(rungs, key=cost))


def steps_of(weights: Weights) -> tuple[Step, ...]:
    """The ladder beside these weights, or the carried one; raises WeightsError where it can't be read."""
    first = weights.members[0]
    own = first.file.parent / FILE
    return read_steps(own if own.is_file() else CARRIED / FILE, first.architecture.encoder)


def carried_steps() -> tuple[Step, ...]:
    """The carried pair's."""
    return read_steps(CARRIED / FILE, "")


@cache
def read_steps(path: Path, encoder: str) -> tuple[Step, ...]:
    """The steps for `encoder`, or the first that the file has; raises WeightsError."""
    try:
        ladders = json.loads(path.read_text())
        steps = tuple(Step(**step) for step in ladders.get(encoder) or next(iter(ladders.values())))
    except (OSError, ValueError, TypeError, AttributeError, StopIteration) as cause:
        raise WeightsError(f"{path}: can't be read as a ladder: {cause!r}; restore the folder") from cause
    if not steps:
        raise WeightsError(f"{path}: holds no step for {encoder}; restore the folder")
    return steps
