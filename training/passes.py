"""Every pass over an image, kept apart, so that any ensemble of them can be scored from one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.cells import Found, find_cells
from app.network import Calibration
from app.network.engines import Engine
from app.network.inference import sigmoid
from app.network.ladder import VIEWS
from app.network.passes import single_pass
from app.network.scales import AUTO, rescaled, scaled, worth_running
from app.network.stains import find_strength, shown
from app.network.windows import View
from app.read import Pixels
from app.settings import Windows

Key = tuple[int, View]  # model, view
WINDOWS = Windows(overlap=0.25)  # more buys no F1 (docs/time.md)
FIRST = (1.0, 0, View.IDENTITY)  # scale, model, view of the pass that tells what an image looks like


@dataclass(frozen=True)
class Variant:
    """An ensemble to score: the passes whose mean it is."""

    name: str
    keys: tuple[Key, ...]
    scales: tuple[float, ...] = AUTO
    by_default: bool = False  # the default settings follow the network, whatever was chosen for the weights


def variants(models: int, *, calibrated: bool = False, flips: bool = True) -> list[Variant]:
    """Each model without and with `flips`, then, where there are more, all of them together.

    Every one at all scales; where there are more, the last but one shows what all passes give at scale 1.
    Of weights that are `calibrated` one more shows what the last gives by the default settings.
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
    return [*others, last]


def segment_all(
    engines: Sequence[Engine],
    image: NDArray[np.uint8],
    wanted: Sequence[Variant],
    calibration: Calibration | None = None,
) -> dict[str, NDArray[np.int32]]:
    """`(H, W, 3)` 8-bit steps → variant → labels `(H, W)`, as `find_all`."""
    return {name: found.labels for name, found in find_all(engines, image, wanted, calibration).items()}


def find_all(
    engines: Sequence[Engine],
    image: NDArray[np.uint8],
    wanted: Sequence[Variant],
    calibration: Calibration | None = None,
) -> dict[str, Found]:
    """`(H, W, 3)` 8-bit steps → variant → its cells with their scores; each pass is run once.

    A `calibration` with modalities asks for engines that were loaded with `watch`.
    """
    shape = image.shape[0], image.shape[1]
    calibration = calibration or Calibration()
    watched: Any = engines[0] if calibration.modalities else None
    rows = shown(Pixels(image), shape[0], find_strength(Pixels(image), shape))
    outputs: dict[tuple[float, Key], NDArray[np.float32]] = {}
    found = {}
    for variant in wanted:
        bands = []
        for scale in worth_running(variant.scales, shape):
            for model, view in variant.keys:
                if (scale, (model, view)) not in outputs:
                    seen = rescaled(rows, shape, scale)
                    grid = scaled(shape, scale)
                    if watched and (scale, model, view) == FIRST:
                        watched.look()
                    outputs[scale, (model, view)] = single_pass(engines[model], seen, grid, view, WINDOWS)
            mean = np.stack([outputs[scale, key] for key in variant.keys]).mean(axis=0, dtype=np.float32)
            bands.append((scale, (mean[:2], sigmoid(mean[2]))))
        chosen = Calibration() if variant.by_default else calibration
        setting = chosen.setting_for(watched.embedding if watched else None)
        heard = setting.heard(bands)
        found[variant.name] = find_cells(heard, shape, setting.tracking, setting.merging)
    return found
