"""What the sliders say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from ..errors import RequestError
from ..settings import Tracking

# lowest and highest of each; the page's sliders have the same ends
RANGES = {
    "probability": (0.05, 0.95),
    "flow_error": (0.05, 1.0),
    "score": (0.0, 1.0),
    "smallest": (0.0, 1e6),
}


@dataclass(frozen=True)
class Thresholds:
    """Which cells there are. The first two are tracked anew; the others only leave cells out."""

    probability: float = 0.5  # a pixel above it belongs to some cell
    flow_error: float = 0.4  # mean squared, above which a cell is dropped
    score: float = 0.0  # of a cell, 0..1; those below are left out
    smallest: float = 16.0  # px; smaller cells are left out

    def following(self, before: Tracking, now: Tracking) -> Thresholds:
        """With the sliders of tracking at `now`, unless somebody has moved them away from `before`."""
        if self.tracked != (before.probability_threshold, before.flow_threshold):
            return self
        return replace(self, probability=now.probability_threshold, flow_error=now.flow_threshold)

    def tracking(self, chosen: Tracking) -> Tracking:
        """What was `chosen` for the weights, as far as no slider says otherwise."""
        return replace(chosen, probability_threshold=self.probability, flow_threshold=self.flow_error)

    @property
    def tracked(self) -> tuple[float, float]:
        """What has to be equal for cells not to be tracked again."""
        return self.probability, self.flow_error

    def changed(self, wanted: Mapping[str, object]) -> Thresholds:
        """With some of them set anew; raises RequestError for unknown names and numbers out of range."""
        values = {}
        for name, value in wanted.items():
            if name not in RANGES:
                raise RequestError(f"threshold '{name}': unknown; there are {', '.join(RANGES)}")
            low, high = RANGES[name]
            usable = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            if not usable or not low <= value <= high:  # type: ignore[operator]
                raise RequestError(f"threshold '{name}': must be a number from {low:g} to {high:g}")
            values[name] = float(value)  # type: ignore[arg-type]
        return replace(self, **values)

    def as_dict(self) -> dict[str, float]:
        """For JSON."""
        return asdict(self)
