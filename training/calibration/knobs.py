"""What is turned, one after the other, and to what: values about the defaults of app/settings.py."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from app.network import Setting


@dataclass(frozen=True)
class Knob:
    """One field of a setting."""

    part: str  # "tracking", "merging", or "" for the setting's own
    name: str
    values: tuple[Any, ...]

    def turned(self, setting: Setting, value: Any) -> Setting:
        """`setting` with another value."""
        changes: Any = {self.name: value}
        if self.part:
            changes = {self.part: replace(getattr(setting, self.part), **changes)}
        return replace(setting, **changes)


# () is every scale that an image is worth; a setting without the finest is the cheaper one, too
KNOBS = (
    Knob("tracking", "probability_threshold", (0.4, 0.5, 0.6)),
    Knob("tracking", "flow_threshold", (0.3, 0.4)),  # a score is 0 at 0.45, so a higher one lets nothing in
    Knob("tracking", "min_size", (16, 32)),
    Knob("merging", "smallest", (12.0, 16.0, 20.0)),
    Knob("merging", "largest", (40.0, 50.0, 65.0)),
    Knob("merging", "least", (0.1, 0.15, 0.22, 0.3)),
    Knob("", "scales", ((), (1.0, 0.5, 0.25, 0.125), (2.0, 1.0, 0.5, 0.25), (1.0, 0.5))),
)
