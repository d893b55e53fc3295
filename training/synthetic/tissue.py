"""Stained sections: haematoxylin and eosin, and brown DAB beside haematoxylin; nuclei are the cells."""

from __future__ import annotations

import numpy as np

from training.synthetic.canvas import Canvas
from training.synthetic.dyes import DAB, EOSIN, HAEMATOXYLIN, Dyes, dye, glass, seen, strength
from training.synthetic.epithelium import stained_cells
from training.synthetic.fields import Image, Random, bent, blur, chance, smooth, streaked
from training.synthetic.outlines import star
from training.synthetic.scene import Scene


def section(scene: Scene, dyes: Dyes | None = None) -> Image:
    """Haematoxylin and eosin: blue nuclei, pink cytoplasm and fibres, holes of fat, folds, blurred parts."""
    rng = scene.rng
    dyes = dyes or Dyes(dye(rng, HAEMATOXYLIN), dye(rng, EOSIN), glass(rng))
    nuclear = strength(rng) * chromatin(scene)
    pink = rng.uniform(0.1, 0.9) * stroma(scene) * (1 - rng.uniform(0.2, 0.9) * scene.body)
    pink_blue = pink * rng.uniform(0, 0.6) * np.clip(1 + 0.5 * scene.ground, 0, 3)  # cytoplasm takes both
    if chance(rng, 0.4):
        nuclear = nuclear + rng.uniform(0.1, 0.5) * faint_nuclei(scene)
    image = seen(dyes.white, (nuclear + pink_blue, dyes.nuclear), (pink, dyes.other))
    return damage(scene, blur(image, rng.uniform(0.3, 1.3)))


def immuno(scene: Scene) -> Image:
    """DAB with haematoxylin: pale blue nuclei, and brown in nuclei, around them, or in whole cells."""
    rng = scene.rng
    blue, brown, white = dye(rng, HAEMATOXYLIN), dye(rng, DAB, 0.06), glass(rng)
    positive = scene.some_cells(rng.uniform(0.05, 0.9))
    nuclear = rng.uniform(0.25, 1.2) * chromatin(scene)
    place = rng.random()
    if scene.layout.name == "epithelium" and chance(rng, 0.75):
        amount = stained_cells(scene)
    elif place < 0.35:  # nuclear
        amount = positive * chromatin(scene) * rng.uniform(0.5, 2)
        nuclear = nuclear * (1 - 0.6 * positive)
    else:
        near = blur(positive, max(0.15 * scene.diameter, 2)) / (
            blur(scene.body, max(0.15 * scene.diameter, 2)) + 0.02
        )
        wide = max(scene.diameter * rng.uniform(0.08, 0.15 if place < 0.65 else 0.5), 1.2)
        off = rng.uniform(0, 0.15) * scene.diameter
        amount = near * np.exp(-((np.maximum(np.abs(scene.outside - off) - wide / 2, 0) / 1.5) ** 2))
        amount *= (1 - rng.uniform(0.6, 1) * scene.body) * rng.uniform(0.4, 1.6)
        amount *= np.clip(1 + 0.4 * scene.texture, 0, 3)
    ground = rng.uniform(0, 0.25) * (
        stroma(scene) if chance(rng, 0.4) else np.clip(1 + 0.5 * scene.ground, 0, 3)
    )
    image = seen(white, (nuclear + ground, blue), (amount + rng.uniform(0, 0.15) * ground, brown))
    return damage(scene, blur(image, rng.uniform(0.3, 1.3)))


def chromatin(scene: Scene) -> Image:
    """About 0 to 1 inside of nuclei: dense ones, and pale ones with a dark rim and nucleoli."""
    rng = scene.rng
    pale = scene.some_cells(rng.choice([0, 0.3, 0.9])) * rng.uniform(0.3, 0.8)
    dense = scene.per_cell(rng.uniform(0.1, 0.4)) * scene.edge(rng.uniform(0.4, 1.2))
    rim = np.exp(-scene.inside / rng.uniform(1, 2.2))
    spots = blur(smooth(rng, scene.size, max(0.14 * scene.diameter, 2)) > 1.1, 0.6)
    light = dense * (1 - pale * (1 - np.maximum(rim, spots)))
    light = light * np.clip(
        1 + rng.uniform(0.05, 0.35) * scene.texture + rng.uniform(0, 0.2) * scene.grain, 0.1, 2.5
    )
    return np.minimum(light, 2.5)


def stroma(scene: Scene) -> Image:
    """About 0 to 1.5: fibres between cells, cytoplasm around them, bare glass in holes of fat."""
    rng, size = scene.rng, scene.size
    wide, narrow = rng.uniform(15, 80), rng.uniform(3, 12)
    if chance(rng, 0.35):  # no fibres, but clouds
        fibres = smooth(rng, size, rng.uniform(8, 40), 4)
    else:
        fibres = streaked(rng, size, (wide, narrow) if chance(rng, 0.5) else (narrow, wide), 3)
    fibres = bent(rng, bent(rng, fibres))
    amount = 0.6 + rng.uniform(0.05, 0.4) * fibres + rng.uniform(0.1, 0.4) * scene.ground
    amount += rng.uniform(0, 0.5) * blur(scene.body, max(0.5 * scene.diameter, 3))
    amount += rng.uniform(0, 0.2) * smooth(rng, size, rng.uniform(2, 5))
    if chance(rng, 0.45):
        amount *= 1 - holes(scene)
    elif chance(rng, 0.4):  # clefts
        amount *= np.clip((smooth(rng, size, size / rng.uniform(2, 8), 3) + rng.uniform(0.3, 1.5)) * 4, 0, 1)
    if chance(rng, 0.25):  # red cells in vessels
        amount += rng.uniform(0.4, 1) * blur(
            bystanders(rng, size, rng.uniform(6, 14), 0.06) * (1 - scene.body), 0.8
        )
    if chance(rng, 0.25):  # granules and lumps, pink as cytoplasm, round as nuclei
        lumps = smooth(rng, size, max(scene.diameter * rng.uniform(0.15, 0.8), 3))
        amount += rng.uniform(0.2, 0.8) * np.clip(lumps - rng.uniform(0.8, 1.5), 0, 1)
    if chance(rng, 0.25):  # vacuoles
        small = max(scene.diameter * rng.uniform(0.3, 1), 4)
        amount *= 1 - rng.uniform(0.4, 1) * blur(bystanders(rng, size, small, rng.uniform(0.01, 0.12)), 0.7)
    if chance(rng, 0.25):  # cells that shrank away from what is around them
        gap = rng.uniform(0.05, 0.3) * scene.diameter
        near = np.clip((gap - scene.outside) / 1.5 + 0.5, 0, 1) * (1 - scene.body)
        amount *= 1 - rng.uniform(0.3, 1) * near * np.clip(scene.ground + rng.uniform(0, 1), 0, 1)
    return amount.clip(0, 1.8)


def holes(scene: Scene) -> Image:
    """1 in fat cells and lumens, whose content is washed out; they give way to labelled nuclei."""
    rng = scene.rng
    wide = rng.uniform(25, 130)
    gaps = blur(bystanders(rng, scene.size, wide, rng.uniform(0.1, 0.7)), 1)
    return gaps * np.clip(scene.outside / max(0.03 * wide, 1.5), 0, 1)


def bystanders(rng: Random, size: int, diameter: float, cover: float) -> Image:
    """1 in round things of this diameter that are no cells to be found."""
    canvas = Canvas(size)
    for centre in rng.uniform(0, size, (int(cover * size**2 / (0.785 * diameter**2)) + 1, 2)):
        canvas.paint(
            [star(rng, diameter / 2 * rng.lognormal(0, 0.15), rng.uniform(1, 1.3), 0.08)], centre, 0.95
        )
    return (canvas.labels > 0).astype(np.float32)


def faint_nuclei(scene: Scene) -> Image:
    """0 to 1: nuclei above and below the plane of focus."""
    rng = scene.rng
    far = bystanders(rng, scene.size, scene.diameter, rng.uniform(0.03, 0.2)) * (1 - scene.body)
    return blur(far, max(scene.diameter * rng.uniform(0.12, 0.25), 2))


def damage(scene: Scene, image: Image) -> Image:
    """Parts out of focus, and folds, through which twice the tissue is seen."""
    rng, size = scene.rng, scene.size
    if chance(rng, 0.25):
        away = np.clip(smooth(rng, size, size / rng.uniform(1, 3)) * 2 + rng.uniform(-1, 1), 0, 1)[..., None]
        image = image + away * (blur(image, rng.uniform(1.5, 3)) - image)
    if chance(rng, 0.1):
        y, x = np.indices((size, size), np.float32) / size
        angle, wave = rng.uniform(0, np.pi), 0.1 * smooth(rng, size, size / 2)
        off = np.abs(np.cos(angle) * x + np.sin(angle) * y - rng.uniform(0.2, 0.8) + wave)
        fold = np.clip((rng.uniform(0.02, 0.06) - off) * size / 3, 0, 1)[..., None]
        image = image ** (1 + rng.uniform(0.4, 1) * fold)
    return image
