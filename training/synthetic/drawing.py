"""One synthetic image: a layout, a look that suits it, a camera, and labels of what can be seen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from training.synthetic import (
    culture,
    epithelium,
    fluorescence,
    layouts,
    levels,
    organs,
    sheets,
    smears,
    tissue,
    transmitted,
)
from training.synthetic.camera import photograph
from training.synthetic.canvas import Labels, Layout, tidy
from training.synthetic.fields import Image, Random, chance
from training.synthetic.marks import annotate, debris
from training.synthetic.scene import Scene
from training.synthetic.visible import visible

if TYPE_CHECKING:
    from training.synthetic.real import Real

SEEN = 0.8  # of the cells, at least; a field with fewer is drawn anew
TRIES = 8
COLLAGES = 0.2  # of the images are pasted together where real ones are given
SHAPES = 0.3  # of the others take their outlines from a real image
BORROWED = 0.2  # of the others take their look from one
RESHAPED = ("blobs", "clumps", "spiky", "adherent", "few")  # layouts whose outlines may be others

LAYOUTS: Mapping[str, Callable[[Random, int], Layout]] = {
    "blobs": layouts.blobs,
    "clumps": layouts.clumps,
    "fragments": layouts.fragments,
    "rods": layouts.rods,
    "spiky": layouts.spiky,
    "adherent": culture.adherent,
    "colony": culture.colony,
    "few": layouts.few,
    "sheet": sheets.sheet,
    "islands": sheets.islands,
    "organ": organs.organ,
    "epithelium": epithelium.epithelium,
    "smear": organs.spread_out,
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
# how often, beside the others: look → layouts that it is seen on in a laboratory
SHARES: Mapping[str, Mapping[str, float]] = {
    "nuclei": {"blobs": 50, "clumps": 20, "fragments": 45, "few": 20, "rods": 16, "colony": 34, "empty": 6},
    "crowded": {"clumps": 70, "blobs": 20, "fragments": 10},
    "cytoplasm": {
        "blobs": 20,
        "sheet": 45,
        "spiky": 25,
        "adherent": 25,
        "few": 18,
        "rods": 10,
        "colony": 16,
        "clumps": 30,
        "islands": 40,
        "empty": 6,
    },
    "two_stains": {
        "blobs": 20,
        "sheet": 45,
        "spiky": 15,
        "adherent": 15,
        "few": 20,
        "clumps": 20,
        "islands": 25,
    },
    "membrane": {"sheet": 40, "clumps": 16, "islands": 20, "blobs": 8},
    "phase": {
        "spiky": 35,
        "adherent": 100,
        "sheet": 25,
        "islands": 25,
        "blobs": 20,
        "rods": 30,
        "colony": 75,
        "few": 14,
        "empty": 6,
    },
    "interference": {
        "spiky": 10,
        "adherent": 25,
        "sheet": 15,
        "islands": 10,
        "blobs": 15,
        "few": 8,
        "rods": 6,
    },
    "brightfield": {
        "blobs": 30,
        "clumps": 10,
        "rods": 8,
        "colony": 10,
        "spiky": 8,
        "adherent": 15,
        "few": 10,
        "sheet": 6,
        "empty": 6,
    },
    "section": {"organ": 80, "epithelium": 25, "clumps": 15, "blobs": 5, "empty": 6},
    "immuno": {"organ": 50, "epithelium": 160, "clumps": 10},
    "white_cells": {"smear": 65, "few": 5},
    "red_cells": {"smear": 18, "clumps": 6},
    "levels": {
        "blobs": 15,
        "clumps": 10,
        "sheet": 15,
        "spiky": 10,
        "adherent": 10,
        "rods": 4,
        "colony": 4,
        "few": 16,
    },
}


@dataclass(frozen=True)
class Synthetic:
    """One image with exact labels."""

    image: NDArray[np.uint8]  # (S, S) or (S, S, 3)
    labels: NDArray[np.int32]  # (S, S), 0 ground, 1..N cells, each in one piece and to be seen
    layout: str
    look: str


def draw(seed: int, size: int = 352, *, real: Real | None = None, looks: Collection[str] = ()) -> Synthetic:
    """The image of this seed, `size` px a side; the same seed gives the same image to the bit.

    `real` lends outlines, colours, textures and whole cells of labelled images;
    without it nothing is read. Of `looks` alone are drawn, where there are any,
    and then no whole cells and no tones are lent.
    """
    for attempt in range(TRIES):
        drawn = once(np.random.default_rng([seed, attempt]), size, real, looks, best=attempt == TRIES - 1)
        if drawn is not None:
            return drawn
    raise AssertionError("the last attempt always draws")


def once(
    rng: Random, size: int, real: Real | None, looks: Collection[str], *, best: bool
) -> Synthetic | None:
    """One attempt; None where too few of its cells can be seen, unless the `best` is asked for."""
    if real is not None and not looks and chance(rng, COLLAGES):
        from training.synthetic.collage import collage

        image, labels, source = collage(rng, size, real)
        return checked(image, labels, "collage", source, best=best)
    look, kind = choose(rng, looks or LOOKS)
    layout = LAYOUTS[kind](rng, size)
    if real is not None and kind in RESHAPED and chance(rng, SHAPES):
        layout = reshaped(rng, layout, real)
    layout = replace(layout, labels=tidy(layout.labels))
    look, light = looked_at(rng, Scene(layout, rng), look, real, lent=not looks)
    if chance(rng, 0.2):
        light = debris(rng, light)
    image = photograph(rng, light)
    labels = layout.labels
    if chance(rng, 0.08):
        labels = np.where(annotate(rng, image), 0, labels)
    return checked(image, labels, layout.name, look, best=best or kind == "empty")


def reshaped(rng: Random, layout: Layout, real: Real) -> Layout:
    """Cells of a real image in place of the layout, unless that has none to lend."""
    from training.synthetic.real import outlines, read

    lent = outlines(rng, read(real.choose(rng)))
    return layouts.shapes(rng, len(layout.labels), lent) if lent else layout


def looked_at(rng: Random, scene: Scene, look: str, real: Real | None, *, lent: bool) -> tuple[str, Image]:
    """The look taken, and its light; a real image lends the colours of its stains, or its tones if `lent`."""
    if real is not None and look == "section" and chance(rng, 0.5):
        return look, tissue.section(scene, real.dyes(rng))
    if real is not None and lent and chance(rng, BORROWED):
        from training.synthetic.borrowed import borrowed
        from training.synthetic.real import piece, read, zoom_for

        whole = read(real.choose(rng))
        light = borrowed(scene, piece(rng, whole, scene.size, zoom_for(rng, whole, scene.size)))
        if light is not None:
            return "borrowed", light
    return look, LOOKS[look](scene)


def checked(
    image: NDArray[np.uint8], labels: Labels, layout: str, look: str, *, best: bool
) -> Synthetic | None:
    """The image with labels of what can be seen; None where that is too little, unless it is the `best`."""
    labels = tidy(labels)
    seen = visible(image, labels)
    if (len(seen) == 1 or seen[1:].mean() < SEEN) and not best:
        return None
    while not seen.all():  # a cell that is one no more is ground to its neighbours
        labels = tidy(np.where(seen[labels], labels, 0))
        seen = visible(image, labels)
    return Synthetic(np.ascontiguousarray(image), labels, layout, look)  # one plane of three has gaps


def choose(rng: Random, looks: Collection[str]) -> tuple[str, str]:
    """One of these looks, and a layout."""
    pairs = [(look, kind) for look, kinds in SHARES.items() if look in looks for kind in kinds]
    weights = np.array([SHARES[look][kind] for look, kind in pairs])
    return pairs[rng.choice(len(pairs), p=weights / weights.sum())]
