"""What OME-Zarr's metadata say (NGFF 0.1 to 0.5): the array of the image, its axes, its pixel size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .headers import plausible

ALL = ["t", "c", "z", "y", "x"]  # the axes of versions that name none
KINDS = {"channel": "C", "time": "T"}
UM = {"meter": 1e6, "centimeter": 1e4, "millimeter": 1e3, "micrometer": 1.0, "nanometer": 1e-3,
      "angstrom": 1e-4, "picometer": 1e-6, "inch": 25400.0}  # fmt: skip


@dataclass(frozen=True)
class Multiscale:
    """An image at its full size."""

    dataset: str  # path of the array, from the group on
    axes: str  # one letter a dimension, as in "TCZYX"
    steps_um: Mapping[str, float]  # by axis, where the metadata tell
    notes: tuple[str, ...]

    @property
    def pixel_size_um(self) -> tuple[float, float] | None:
        """(y, x)."""
        return plausible(self.steps_um.get("Y", 0.0), self.steps_um.get("X", 0.0))

    @property
    def spacing_um(self) -> float | None:
        """Between planes of Z."""
        between = self.steps_um.get("Z", 0.0)
        return None if plausible(between, between) is None else between


def said(attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    """The metadata of OME in a group's attributes: 0.5 keeps them apart, versions before it do not."""
    inner = attributes.get("ome")
    return inner if isinstance(inner, dict) else attributes


def read_multiscale(metadata: Mapping[str, Any]) -> Multiscale:
    """The first image of `said`; raises ValueError, KeyError or TypeError where the format is not kept."""
    every = metadata["multiscales"]
    first = every[0]
    entries = [one if isinstance(one, dict) else {"name": one} for one in first.get("axes", ALL)]
    axes = letters(entries)
    level = first["datasets"][0]
    steps = [1.0] * len(axes)
    known = False
    for owner in (level, first):  # what holds of all levels comes on top
        for change in owner.get("coordinateTransformations", ()):
            if change.get("type") == "scale" and "scale" in change:
                known = True
                steps = [a * float(b) for a, b in zip(steps, change["scale"], strict=True)]
    units = [UM.get(entry.get("unit", ""), 0.0) for entry in entries]
    notes = () if len(every) == 1 else (f"it holds {len(every)} images; the first is taken",)
    found = {axis: step * unit for axis, step, unit in zip(axes, steps, units, strict=True) if unit}
    return Multiscale(str(level["path"]), axes, found if known else {}, notes)


def letters(entries: list[dict[str, Any]]) -> str:
    """One letter per axis: Y and X as named, channels and time by their kind, Z the other one of space."""
    axes = ""
    for entry in entries:
        name = str(entry["name"]).upper()
        letter = KINDS.get(str(entry.get("type")), name if name in ("T", "C", "Z", "Y", "X") else "Q")
        if letter == "Q" and entry.get("type") == "space":
            letter = "Z"
        axes += letter
    if any(axes.count(letter) != 1 for letter in "YX") or any(axes.count(letter) > 1 for letter in "TCZ"):
        raise ValueError(f"its axes {', '.join(str(entry['name']) for entry in entries)} can't be told apart")
    return axes
