"""Time: what an image may take, what is left of it, and what this machine was seen to need.

The challenge tolerates 10 s up to 10⁶ pixels and 10 s per 10⁶ pixels above.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from ..errors import UsageError

Budget = float | None  # seconds; None = no limit

MERGING = 0.5  # s per megapixel of the image, where cells of several scales are merged
GLASS = 0.1  # s per megapixel, where nothing is tracked: rows are looked at, compressed, written


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
