"""Time: what an image may take, what a plan costs, and the plan that fits.

The challenge tolerates 10 s up to 10⁶ pixels and 10 s per 10⁶ pixels above.
A plan is one rung of a ladder ordered by measured F1 (docs/time.md); the
first rung that fits the time left is taken, and dropped passes are made up for
by nothing: what was summed so far is the answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product

from ..errors import UsageError
from ..settings import Windows
from .scales import scaled
from .windows import View, count_windows

Budget = float | None  # seconds; None = no limit

MERGING = 0.5  # s per megapixel of the image, where cells of several scales are merged
GLASS = 0.1  # s per megapixel, where nothing is tracked: rows are looked at, compressed, written
VIEWS = (View.IDENTITY, View.HORIZONTAL, View.VERTICAL)


def pass_order(models: int) -> list[tuple[View, int]]:
    """Which (view, model) each pass takes: all models on the image itself, then on each flip."""
    return list(product(VIEWS, range(models)))


def tolerance(height: int, width: int) -> float:
    """Seconds that the challenge allows for an image of this size (its evaluation script)."""
    pixels = height * width
    return 10.0 if pixels <= 1_000_000 else 10.0 * pixels / 1_000_000


def budget_seconds(budget: str | float, height: int, width: int) -> float | None:
    """Seconds for an image: 'challenge' is its tolerance, 'none' no limit, a number itself.

    Raises UsageError for anything else.
    """
    if budget == "challenge":
        return tolerance(height, width)
    if budget == "none":
        return None
    try:
        seconds = float(budget)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise UsageError(f"budget '{budget}': use 'challenge', 'none' or a number of seconds above 0")
    return seconds


@dataclass(frozen=True)
class Clock:
    """The time of one image: from `began` (monotonic seconds) for `budget` seconds."""

    budget: Budget
    began: float
    ended: float | None = None

    @classmethod
    def start(cls, budget: Budget, *, already: float = 0.0) -> Clock:
        """A clock that started `already` seconds ago, since a process is launched before it runs."""
        return cls(budget, time.monotonic() - already)

    @property
    def spent(self) -> float:
        """Seconds since the clock began."""
        return (self.ended or time.monotonic()) - self.began

    def stopped(self) -> Clock:
        """The clock as it stands now, for a part that waits while another image has its turn."""
        return replace(self, ended=time.monotonic())

    def resumed(self) -> Clock:
        """A running clock that goes on where this one stands."""
        return Clock.start(self.budget, already=self.spent)

    @property
    def left(self) -> float:
        """Seconds to go, infinite without a budget; negative when late."""
        return float("inf") if self.budget is None else self.budget - self.spent


@dataclass(frozen=True)
class Rung:
    """One way to run the network: at each scale `passes` of (model, view) in order, at one overlap."""

    overlap: float
    passes: int
    scales: tuple[float, ...] = (1.0,)  # finest first; 0.5 = the network sees the image at half its size

    def windows(self, base: Windows) -> Windows:
        """The settings of the windows with this rung's overlap."""
        return replace(base, overlap=self.overlap)

    def count(self, shape: tuple[int, int], base: Windows) -> int:
        """Windows in all passes together over an image of `shape`."""
        return sum(self.count_at(scale, shape, base) for scale in self.scales)

    def count_at(self, scale: float, shape: tuple[int, int], base: Windows) -> int:
        """The same at one scale."""
        return self.passes * count_windows(scaled(shape, scale), self.windows(base))


def ladder(models: int, base: Windows, scales: tuple[float, ...] = (1.0,)) -> tuple[Rung, ...]:
    """Rungs from best to cheapest, in the order of F1 on the val split (docs/time.md).

    `scales` are those that the image is worth seeing at, finest first. All
    rungs have them but the last, which leaves out what is finer than a half.
    """
    full = models * len(VIEWS)
    rungs = [
        Rung(base.overlap, full, scales),
        Rung(0.5, full, scales),
        Rung(0.25, full, scales),  # overlap buys hardly any F1, flips do: so it goes first
        Rung(0.1, full, scales),
        Rung(0.25, 2 * models, scales),
        Rung(0.1, 2 * models, scales),
        Rung(0.25, models, scales),
        Rung(0.1, models, scales),
        Rung(0.25, 1, scales),
        Rung(0.1, 1, scales),
        Rung(0.1, 1, tuple(scale for scale in scales if scale <= 0.5) or (min(0.5, scales[-1]),)),
    ]
    return tuple(dict.fromkeys(rung for rung in rungs if rung.overlap <= base.overlap or rung.overlap == 0.1))


def choose(rungs: tuple[Rung, ...], seconds: float, cost: Callable[[Rung], float]) -> Rung:
    """The first rung whose cost fits in `seconds`; the last one where none does."""
    return next((rung for rung in rungs if cost(rung) <= seconds), rungs[-1])


@dataclass
class Speed:
    """What this machine was seen to need; the first guesses are a slow laptop's.

    The guesses are replaced by measurements from the first batch on.
    """

    window: float | None = None  # s per window that is run; None until one was measured
    tracking: float = 0.6  # s per megapixel with signal, tracking and the first writing together

    def saw_windows(self, count: int, seconds: float) -> None:
        """Notes a batch; the mean leans to the recent ones, since machines slow down and recover."""
        each = seconds / count
        self.window = each if self.window is None else 0.7 * self.window + 0.3 * each

    def saw_tracking(self, pixels: float, seconds: float) -> None:
        """Notes tracking and writing of `pixels` with signal; small images tell nothing about the slope."""
        if pixels >= 200_000:
            self.tracking = 0.5 * self.tracking + 0.5 * seconds / pixels * 1e6

    def rest(self, pixels: float, signal: float) -> float:
        """Seconds to keep for tracking and writing of `pixels`, of which the part `signal` is not glass."""
        return 0.3 + (self.tracking * signal + GLASS) * pixels / 1e6
