"""Every pass over an image, kept apart, so that any ensemble of them can be scored from one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from app.cells import track
from app.network.clock import VIEWS
from app.network.engines import Engine
from app.network.inference import sigmoid
from app.network.passes import single_pass
from app.network.windows import View
from app.read import Pixels
from app.settings import Tracking, Windows

Key = tuple[int, View]  # model, view


@dataclass(frozen=True)
class Variant:
    """An ensemble to score: the passes whose mean it is."""

    name: str
    keys: tuple[Key, ...]


def variants(models: int) -> list[Variant]:
    """Each model without and with flips, then, where there are more, all of them together."""
    groups: list[tuple[str, tuple[int, ...]]] = [(f"model {i + 1}", (i,)) for i in range(models)]
    if models > 1:
        groups.append(("ensemble", tuple(range(models))))
    return [
        Variant(f"{name} {words}".strip(), tuple(product(chosen, views)))
        for views, words in (((View.IDENTITY,), ""), (VIEWS, "with flips"))
        for name, chosen in groups
    ]


def segment_all(
    engines: Sequence[Engine], image: NDArray[np.uint8], wanted: Sequence[Variant]
) -> dict[str, NDArray[np.int32]]:
    """`(H, W, 3)` 8-bit steps → variant → labels `(H, W)`; each pass is run once."""
    shape = image.shape[0], image.shape[1]
    keys = sorted({key for variant in wanted for key in variant.keys}, key=str)
    outputs = {
        (model, view): single_pass(engines[model], Pixels(image), shape, view, Windows())
        for model, view in keys
    }
    return {variant.name: to_labels([outputs[key] for key in variant.keys]) for variant in wanted}


def to_labels(outputs: Sequence[NDArray[np.float32]]) -> NDArray[np.int32]:
    """The mean of `(3, H, W)` passes → labels, as a prediction makes them."""
    mean = np.stack(outputs).mean(axis=0, dtype=np.float32)
    return track(mean[:2], sigmoid(mean[2]), Tracking())
