"""Every pass over an image, kept apart, so that any ensemble of them can be scored from one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from app.cells import Found, find_cells
from app.network import Band, Calibration, Network, ScaleBands
from app.network.closer import apparent_diameter, may_pay, pays
from app.network.engines import Engine
from app.network.inference import sigmoid
from app.network.ladder import VIEWS
from app.network.passes import single_pass
from app.network.scales import AUTO, CLOSEST, rescaled, scaled, worth_running
from app.network.stains import find_strength, lenient, shown
from app.network.strips import Rows
from app.network.windows import View
from app.read import Pixels
from app.settings import Windows

Key = tuple[int, View]  # model, view
WINDOWS = Windows(overlap=0.25)  # more buys no F1 (docs/time.md)


@dataclass(frozen=True)
class Variant:
    """An ensemble to score: the passes whose mean it is."""

    name: str
    keys: tuple[Key, ...]
    scales: tuple[float, ...] = AUTO
    by_default: bool = False  # the default settings follow the network, whatever was chosen for the weights
    by_look: bool = False  # a specialist that has learned such images takes the place of the models


def variants(
    models: int, *, calibrated: bool = False, specialists: bool = False, flips: bool = True
) -> list[Variant]:
    """Each model without and with `flips`, then, where there are more, all of them together.

    Every one at all scales; where there are more, the last but one shows what all passes give at scale 1.
    Of weights that are `calibrated` one more shows what the last gives by the default settings.
    With `specialists` the last is as a prediction is: each of them in the pair's place where it has
    learned the look of an image.
    """
    groups: list[tuple[str, tuple[int, ...]]] = [(f"model {i + 1}", (i,)) for i in range(models)]
    if models > 1:
        groups.append(("ensemble", tuple(range(models))))
    found = [
        Variant(f"{name} {words}".strip(), tuple(product(chosen, views)))
        for views, words in (((View.IDENTITY,), ""), (VIEWS, "with flips"))[: 1 + flips]
        for name, chosen in groups
    ]
    *others, last = found
    if models > 1:
        others.append(Variant(f"{last.name}, scale 1", last.keys, (1.0,)))
    if calibrated:
        others.append(Variant(f"{last.name}, default settings", last.keys, by_default=True))
    found = [*others, last]
    return [*found, replace(last, name=f"{last.name}, by look", by_look=True)] if specialists else found


def segment_all(
    engines: Sequence[Engine],
    image: NDArray[np.uint8],
    wanted: Sequence[Variant],
    knows: Network | None = None,
) -> dict[str, NDArray[np.int32]]:
    """`(H, W, 3)` 8-bit steps → variant → labels `(H, W)`, as `find_all`."""
    return {name: found.labels for name, found in find_all(engines, image, wanted, knows).items()}


@dataclass(frozen=True)
class Outputs:
    """What passes over one image gave, each run when it is first asked for."""

    rows: Rows
    shape: tuple[int, int]
    kept: dict[tuple[float, Engine, View], NDArray[np.float32]] = field(default_factory=dict)

    def bands(self, passes: Sequence[tuple[Engine, View]], scales: tuple[float, ...]) -> ScaleBands:
        """The mean of `passes` at those of `scales` that a prediction runs, finest first."""
        bands = [self.band(passes, scale) for scale in worth_running(scales, self.shape)]
        finest, band = bands[0]
        if may_pay(scales, self.shape) and pays(apparent_diameter(*band, finest)):
            bands.insert(0, self.band(passes, CLOSEST))
        return bands

    def band(self, passes: Sequence[tuple[Engine, View]], scale: float) -> tuple[float, Band]:
        """The mean of `passes` at one scale."""
        mean = np.stack([self.one(scale, *which) for which in passes]).mean(axis=0, dtype=np.float32)
        return scale, (mean[:2], sigmoid(mean[2]))

    def one(self, scale: float, engine: Engine, view: View) -> NDArray[np.float32]:
        """`(3, h, w)` of one pass."""
        key = scale, engine, view
        if key not in self.kept:
            seen, grid = rescaled(self.rows, self.shape, scale), scaled(self.shape, scale)
            self.kept[key] = single_pass(engine, seen, grid, view, WINDOWS)
        return self.kept[key]


def find_all(
    engines: Sequence[Engine],
    image: NDArray[np.uint8],
    wanted: Sequence[Variant],
    knows: Network | None = None,
) -> dict[str, Found]:
    """`(H, W, 3)` 8-bit steps → variant → its cells with their scores; each pass is run once.

    `knows` is the network of the engines, where the settings and specialists of its weights are to count.
    """
    shape = image.shape[0], image.shape[1]
    strength = find_strength(Pixels(image), shape)
    outputs = Outputs(shown(Pixels(image), shape[0], strength), shape)
    embedding, specialist = knows.recognise(Pixels(image), shape, strength > 0) if knows else (None, "")
    calibration = (knows.calibration if knows else None) or Calibration()
    found = {}
    for variant in wanted:
        by_look = variant.by_look and specialist
        seers = knows.engines_of(specialist) if knows and by_look else engines
        passes = dict.fromkeys((seers[0 if by_look else model], view) for model, view in variant.keys)
        bands = outputs.bands(tuple(passes), variant.scales)
        default = variant.by_default or by_look
        setting = (Calibration() if default else calibration).setting_for(embedding)
        tracking = lenient(setting.tracking, strength)
        found[variant.name] = find_cells(setting.heard(bands), shape, tracking, setting.merging)
    return found
