"""How far along a run is, told by the minutes, so that a slower machine only makes fewer steps."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from training.tuning.settings import Tuning


@dataclass
class Clock:
    """The minutes of a run; what comes after training is set aside."""

    tuning: Tuning
    began: float = field(default_factory=time.monotonic)
    set_aside: float = 0.0  # s, for the last look and for writing
    trains_from: float = 0.0  # s after the beginning

    @property
    def spent(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self.began

    @property
    def left(self) -> float:
        """Seconds for training from now on."""
        return 60 * self.tuning.minutes - self.set_aside - self.spent

    def start_training(self, set_aside: float) -> None:
        """Everything before is over; `set_aside` seconds are needed after."""
        self.trains_from, self.set_aside = self.spent, set_aside

    def progress(self, step: int) -> float:
        """0 where training begins, 1 where it has to end; by the steps where those are given."""
        if self.tuning.steps is not None:
            return step / max(self.tuning.steps, 1)
        done = self.spent - self.trains_from
        return min(done / max(done + self.left, 1e-3), 1.0)

    def rate(self, progress: float) -> float:
        """Of learning: linear warm-up, then a half cosine down to 1 % of the peak."""
        if progress < self.tuning.warm_up:
            return self.tuning.rate * max(progress / self.tuning.warm_up, 0.02)
        after = (progress - self.tuning.warm_up) / (1 - self.tuning.warm_up)
        return self.tuning.rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(after, 1.0))))
