"""Blood and marrow on glass: white cells among red ones, and red cells alone."""

from __future__ import annotations

import numpy as np

from training.synthetic.dyes import EOSIN, GIEMSA, HAEMOGLOBIN, dye, glass, seen
from training.synthetic.fields import Image, blur, chance, smooth
from training.synthetic.scene import Scene
from training.synthetic.tissue import bystanders


def white_cells(scene: Scene) -> Image:
    """White cells, labelled whole: a dark lobed nucleus in pale cytoplasm, and red cells that don't count."""
    rng = scene.rng
    purple, gray = dye(rng, GIEMSA), dye(rng, GIEMSA, 0.25)
    nucleus = (
        lobes(scene) * scene.per_cell(0.15) * np.clip(1 + rng.uniform(0.05, 0.35) * scene.texture, 0.2, 2)
    )
    cytoplasm = scene.edge(rng.uniform(0.4, 1.2)) * scene.per_cell(0.2) * rng.uniform(0.12, 0.5)
    cytoplasm *= 1 + rng.uniform(0, 0.6) * np.clip(scene.grain, 0, 2)  # granules
    red = np.zeros_like(nucleus)
    if chance(rng, 0.75):
        wide = max(scene.diameter * rng.uniform(0.35, 0.85), 8)
        red = red_discs(scene, bystanders(rng, scene.size, wide, rng.uniform(0.05, 0.9)), wide)
        red *= 1 - scene.body
    plasma = np.full_like(red, rng.uniform(0, 0.12)) * np.clip(1 + 0.4 * scene.ground, 0, 3)
    rosy = dye(rng, HAEMOGLOBIN if chance(rng, 0.7) else EOSIN, 0.12)
    image = seen(
        glass(rng),
        (rng.uniform(0.7, 1.9) * nucleus, purple),
        (cytoplasm, gray),
        (red * rng.uniform(0.2, 0.8) + plasma, rosy),
    )
    return blur(image, rng.uniform(0.4, 1.5))


def lobes(scene: Scene) -> Image:
    """0 to 1: round nuclei, and nuclei of two to four lobes that lie side by side."""
    rng = scene.rng
    big = scene.nuclei(rng.uniform(0.55, 0.95), 0.1)
    if chance(rng, 0.5):
        return big
    parted = np.maximum.reduce([scene.nuclei(rng.uniform(0.3, 0.5), 0.3) for _ in range(rng.integers(2, 5))])
    some = scene.some_cells(rng.uniform(0.3, 1))
    return np.where(some > 0, parted, big)


def red_cells(scene: Scene) -> Image:
    """Red cells as the cells to be found: discs with a pale middle, platelets between them."""
    rng = scene.rng
    rosy, purple = dye(rng, HAEMOGLOBIN if chance(rng, 0.6) else EOSIN, 0.12), dye(rng, GIEMSA)
    amount = scene.edge(rng.uniform(0.4, 1.2)) * scene.per_cell(rng.uniform(0.05, 0.2))
    amount *= 1 - rng.uniform(0, 0.85) * np.clip(scene.depth, 0, 1) ** rng.uniform(1.5, 4)
    amount *= 1 + 0.4 * scene.layout.hidden.clip(0, 2)  # where two lie over each other
    specks = smooth(rng, scene.size, max(scene.diameter * 0.15, 2)) > rng.uniform(2.6, 3.2)
    plasma = rng.uniform(0, 0.1) * np.clip(1 + 0.4 * scene.ground, 0, 3)
    image = seen(
        glass(rng),
        (rng.uniform(0.25, 0.9) * amount + plasma, rosy),
        (rng.uniform(0.3, 0.9) * blur(specks, 0.8), purple),
    )
    return blur(image, rng.uniform(0.4, 1.5))


def red_discs(scene: Scene, discs: Image, wide: float) -> Image:
    """Discs `wide` px across, thinner in their middle."""
    hollow = scene.rng.uniform(0, 0.8)
    soft = blur(discs, wide * 0.2)
    return blur(discs, 0.8) * (1 - hollow * np.clip((soft - 0.75) * 4, 0, 1))
