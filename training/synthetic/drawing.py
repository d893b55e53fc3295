"""One synthetic image: a layout, a look that suits it, a camera, and labels of what can be seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from training.synthetic import fluorescence, layouts, levels, sheets, smears, tissue, transmitted
from training.synthetic.camera import photograph
from training.synthetic.canvas import Layout, tidy
from training.synthetic.fields import Image, Random, chance
from training.synthetic.marks import annotate, debris
from training.synthetic.scene import Scene
from training.synthetic.visible import visible

if TYPE_CHECKING:
    from training.synthetic.real import Real

SEEN = 0.6  # of the cells, at least; a field with fewer is drawn anew
TRIES = 8

LAYOUTS: Mapping[str, Callable[[Random, int], Layout]] = {
    "blobs": layouts.blobs,
    "clumps": layouts.clumps,
    "rods": layouts.rods,
    "spiky": layouts.spiky,
    "few": layouts.few,
    "sheet": sheets.sheet,
    "empty": layouts.empty,
}
LOOKS: Mapping[str, Callable[[Scene], Image]] = {
    "nuclei": fluorescence.nuclei,
    "crowded": fluorescence.crowded,
    "cytoplasm": fluorescence.cytoplasm,
    "two_stains": fluorescence.two_stains,
    "membrane": fluorescence.membrane,
    "phase": transmitted.phase,
    "interference": transmitted.interference,
    "brightfield": transmitted.brightfield,
    "section": tissue.section,
    "immuno": tissue.immuno,
    "white_cells": smears.white_cells,
    "red_cells": smears.red_cells,
    "levels": levels.random_levels,
}
# how often, per mille: look → layouts that it is seen on in a laboratory
SHARES: Mapping[str, Mapping[str, float]] = {
    "nuclei": {"blobs": 50, "clumps": 20, "few": 12, "rods": 12, "empty": 4},
    "crowded": {"clumps": 70, "blobs": 20},
    "cytoplasm": {"blobs": 20, "sheet": 45, "spiky": 35, "few": 12, "rods": 12, "empty": 4},
    "two_stains": {"blobs": 20, "sheet": 45, "spiky": 25, "few": 15},
    "membrane": {"sheet": 40, "clumps": 8, "blobs": 8},
    "phase": {"spiky": 60, "sheet": 25, "blobs": 20, "rods": 25, "few": 10, "empty": 3},
    "interference": {"spiky": 20, "sheet": 15, "blobs": 15, "few": 8, "rods": 6},
    "brightfield": {"blobs": 30, "clumps": 10, "rods": 12, "spiky": 15, "few": 6, "sheet": 6, "empty": 3},
    "section": {"blobs": 50, "clumps": 45, "empty": 4},
    "immuno": {"blobs": 20, "clumps": 20},
    "white_cells": {"few": 35, "blobs": 30},
    "red_cells": {"blobs": 15, "clumps": 10},
    "levels": {"blobs": 15, "clumps": 10, "sheet": 15, "spiky": 15, "rods": 8, "few": 12},
}


@dataclass(frozen=True)
class Synthetic:
    """One image with exact labels."""

    image: NDArray[np.uint8]  # (S, S) or (S, S, 3)
    labels: NDArray[np.int32]  # (S, S), 0 ground, 1..N cells, each in one piece and to be seen
    layout: str
    look: str


def draw(seed: int, size: int = 352, *, real: Real | None = None) -> Synthetic:
    """The image of this seed, `size` px a side; the same seed gives the same image to the bit.

    `real` lends outlines, colours, textures and whole cells of labelled images;
    without it nothing is read.
    """
    for attempt in range(TRIES):
        drawn = once(np.random.default_rng([seed, attempt]), size, real, best=attempt == TRIES - 1)
        if drawn is not None:
            return drawn
    raise AssertionError("the last attempt always draws")


def once(rng: Random, size: int, real: Real | None, *, best: bool) -> Synthetic | None:
    """One attempt; None where too few of its cells can be seen, unless the `best` is asked for."""
    look, kind = choose(rng)
    layout = LAYOUTS[kind](rng, size)
    layout = Layout(layout.name, tidy(layout.labels), layout.hidden, layout.diameter)
    count = layout.labels.max()
    if kind != "empty" and not count and not best:
        return None
    light = LOOKS[look](Scene(layout, rng))
    if chance(rng, 0.2):
        light = debris(rng, light)
    image = photograph(rng, light)
    labels = layout.labels
    if chance(rng, 0.08):
        labels = np.where(annotate(rng, image), 0, labels)
    seen = visible(image, labels)
    if seen.mean() < SEEN and not best:
        return None
    return Synthetic(image, tidy(np.where(seen[labels], labels, 0)), layout.name, look)


def choose(rng: Random) -> tuple[str, str]:
    """A look and a layout."""
    pairs = [(look, kind) for look, kinds in SHARES.items() for kind in kinds]
    weights = np.array([SHARES[look][kind] for look, kind in pairs])
    return pairs[rng.choice(len(pairs), p=weights / weights.sum())]
