"""What follows the network, as `python -m training calibrate` chose it for these weights.

It stands in the weights' index, beside the files that it was chosen with:

    "calibration": {
      "common": {"tracking": {"min_size": 32}, "merging": {"least": 0.2}, "scales": [1, 0.5]},
      "modalities": [{"name": "m0", "centre": [...], "reach": 0.2, "tracking": {...}}]
    }

Only what differs from the defaults of settings.py is told. A modality is a ball
about a centre among the embeddings of the network's encoder (../modality.py):
an image that lies in one takes its setting, any other the common one.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

from ...settings import Merging, Tracking

Value = TypeVar("Value")


@dataclass(frozen=True)
class Setting:
    """What follows the network, for all images or for those of one modality."""

    name: str = "common"
    tracking: Tracking = Tracking()  # noqa: RUF009 (frozen)
    merging: Merging = Merging()  # noqa: RUF009 (frozen)
    scales: tuple[float, ...] = ()  # those of the scales run that count, finest first; () is all of them

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], name: str = "common") -> Setting:
        """The inverse of `to_dict`; raises TypeError or ValueError where it is none."""
        return cls(
            str(values.get("name", name)),
            Tracking(**numbers(values.get("tracking", {}))),
            Merging(**numbers(values.get("merging", {}))),
            tuple(float(scale) for scale in values.get("scales", ())),
        )

    def to_dict(self) -> dict[str, Any]:
        """What differs from the defaults, fit for JSON."""
        told: dict[str, Any] = {
            "tracking": changed(self.tracking, Tracking()),
            "merging": changed(self.merging, Merging()),
            "scales": list(self.scales),
        }
        return {key: value for key, value in told.items() if value}

    def heard(self, layers: Sequence[tuple[float, Value]]) -> list[tuple[float, Value]]:
        """Those of (scale, anything) that count; all of them where none would be left."""
        return [layer for layer in layers if not self.scales or layer[0] in self.scales] or list(layers)

    def __str__(self) -> str:
        parts = [*changed(self.tracking, Tracking()).items(), *changed(self.merging, Merging()).items()]
        told = [f"{key} {value:g}" for key, value in parts]
        if self.scales:
            told.append("scales " + " ".join(f"{scale:g}" for scale in self.scales))
        return ", ".join(told) or "the defaults"


@dataclass(frozen=True)
class Modality:
    """Images that look alike to the encoder, and what follows the network for them."""

    centre: tuple[float, ...]  # of their embeddings; of length 1
    reach: float  # how far from it an image may lie
    setting: Setting


@dataclass(frozen=True)
class Calibration:
    """The settings of a pair of weights."""

    common: Setting = Setting()
    modalities: tuple[Modality, ...] = ()

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Calibration:
        """The inverse of `to_dict`; raises KeyError, TypeError or ValueError where it is none."""
        return cls(
            Setting.from_dict(values["common"]),
            tuple(
                Modality(
                    tuple(map(float, one["centre"])), float(one["reach"]), Setting.from_dict(one, "modality")
                )
                for one in values.get("modalities", ())
            ),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, fit for JSON."""
        told: dict[str, Any] = {"common": self.common.to_dict()}
        if self.modalities:
            told["modalities"] = [
                {
                    "name": one.setting.name,
                    "centre": [round(value, 4) for value in one.centre],
                    "reach": round(one.reach, 4),
                    **one.setting.to_dict(),
                }
                for one in self.modalities
            ]
        return told

    @property
    def digest(self) -> str:
        """Tells calibrations apart in the record of a label."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()[:8]

    def with_all_scales(self) -> Calibration:
        """The same, but every scale that is run counts."""
        others = (replace(one, setting=replace(one.setting, scales=())) for one in self.modalities)
        return Calibration(replace(self.common, scales=()), tuple(others))

    def setting_for(self, embedding: Iterable[float] | None) -> Setting:
        """That of the nearest modality whose reach holds the embedding; else the common one."""
        if embedding is None:
            return self.common
        place = tuple(embedding)
        near = [(math.dist(one.centre, place), one) for one in self.modalities]
        held = [(distance, one) for distance, one in near if distance <= one.reach]
        return min(held, key=lambda pair: pair[0])[1].setting if held else self.common


def changed(values: Tracking | Merging, defaults: Tracking | Merging) -> dict[str, float]:
    """The fields that are not as they are by default."""
    return {key: value for key, value in asdict(values).items() if value != getattr(defaults, key)}


def numbers(values: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as they stand in JSON; ValueError for anything but finite numbers."""
    for key, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValueError(f"{key} is {value!r}, not a number")
    return dict(values)
