"""Light on dark: stained nuclei, alone and crowded, whole cells with and without a nucleus, membranes."""

from __future__ import annotations

import numpy as np

from training.synthetic.canvas import Canvas
from training.synthetic.fields import (
    Image,
    bent,
    blur,
    chance,
    dots,
    log_uniform,
    scattered,
    smooth,
    streaked,
)
from training.synthetic.outlines import star
from training.synthetic.scene import Scene

PILED = ("clumps", "islands")  # layouts of cells that lie several deep


def nuclei(scene: Scene) -> Image:
    """Nuclei in one stain: chromatin, nucleoli, a few that divide and shine."""
    rng = scene.rng
    light = stained_nuclei(scene)
    return exposed(scene, blur(light, rng.uniform(0.3, 0.04 * scene.diameter + 0.8)), rng.uniform(0, 0.15))


def crowded(scene: Scene) -> Image:
    """Thick clumps of nuclei."""
    return exposed(scene, piled(scene, stained_nuclei(scene)), scene.rng.uniform(0, 0.1))


def piled(scene: Scene, light: Image) -> Image:
    """Adds up the light of cells where they lie over each other, and spreads it across their borders."""
    rng = scene.rng
    hidden = scene.layout.hidden.astype(np.float32).clip(0, 3)
    deep = light * (1 + rng.uniform(0.2, 0.9) * hidden)
    sharp = blur(deep, rng.uniform(0.5, 0.05 * scene.diameter + 0.7))
    haze = blur(deep, scene.diameter * rng.uniform(0.2, 0.6))
    return sharp + rng.uniform(0.1, 0.6) * haze


def stained_nuclei(scene: Scene) -> Image:
    """The light of nuclei before any lens: brighter where they are thick."""
    rng = scene.rng
    light = scene.per_cell(rng.uniform(0.05, 0.5)) * scene.edge(rng.uniform(0.4, 1.5))
    light *= np.maximum(scene.depth, 0.02) ** rng.uniform(0, 0.5)
    light *= np.clip(1 + rng.uniform(0, 0.4) * scene.texture + rng.uniform(0, 0.15) * scene.grain, 0.1, 3)
    if chance(rng, 0.4):  # nucleoli
        spots = smooth(rng, scene.size, max(scene.diameter * rng.uniform(0.1, 0.2), 2)) > rng.uniform(1, 1.7)
        light *= 1 - rng.uniform(0.2, 0.7) * blur(spots, 0.7)
    if chance(rng, 0.3):  # mitotic and dying ones
        light *= 1 + rng.uniform(0.5, 2) * scene.some_cells(0.06)
    return light


def cytoplasm(scene: Scene) -> Image:
    """Whole cells in one channel: the nucleus a hole, a bright spot or not to be seen; fibres or vesicles."""
    rng = scene.rng
    light = stained_body(scene)
    if scene.layout.name in PILED:
        return exposed(scene, piled(scene, light))
    return exposed(scene, blur(light, rng.uniform(0.3, 0.03 * scene.diameter + 0.8)))


def stained_body(scene: Scene) -> Image:
    """The light of cell bodies before any lens."""
    rng = scene.rng
    thick = np.maximum(scene.depth, 0.02) ** rng.uniform(0, 0.8)
    rim = np.exp(-scene.inside / max(rng.uniform(0.03, 0.15) * scene.diameter, 1.0))
    bright = rng.uniform(0, 0.7) if chance(rng, 0.7) else rng.uniform(0.7, 3)  # a cortex of actin
    light = scene.per_cell(rng.uniform(0.05, 0.5)) * (thick + bright * rim)
    light *= scene.edge(rng.uniform(0.4, 2))
    turn = rng.random()
    if turn < 0.2:  # fibres, more down than across or the other way
        wide, narrow = max(scene.diameter * rng.uniform(0.3, 1), 4), rng.uniform(1.5, 4)
        scales = (wide, narrow) if chance(rng, 0.5) else (narrow, wide)
        fibres = bent(rng, streaked(rng, scene.size, scales, 2))
        light *= np.clip(1 + rng.uniform(0.2, 0.6) * fibres, 0, 4)
    elif turn < 0.4:  # vesicles
        light *= 1 + rng.uniform(0.5, 2) * np.clip(scene.grain - rng.uniform(0.5, 1.2), 0, 2)
    light *= np.clip(1 + rng.uniform(0, 0.45) * scene.texture, 0.05, 3)
    if chance(rng, 0.7):
        light *= 1 + rng.uniform(-0.9, 0.8) * scene.nuclei(rng.uniform(0.3, 0.65))
    return light


def two_stains(scene: Scene) -> Image:
    """`(S, S, 3)`: bodies in one or two channels, their nuclei in another; the bodies are the cells."""
    rng = scene.rng
    body = exposed(scene, blur(stained_body(scene), rng.uniform(0.3, 1.8)))
    nuclei = scene.nuclei(rng.uniform(0.35, 0.7)) * scene.per_cell(0.3)
    nuclei = blur(nuclei * np.clip(1 + 0.3 * scene.texture, 0.2, 2), rng.uniform(0.4, 1.5)) * rng.uniform(
        0.4, 1
    )
    if chance(rng, 0.3):  # nuclei of cells whose body takes no stain: those bodies are seen faintly
        body *= 1 - rng.uniform(0.3, 0.6) * blur(scene.some_cells(0.3), 1)
    image = np.zeros((scene.size, scene.size, 3), np.float32)
    first, second, third = rng.permutation(3)
    image[..., first] = body
    image[..., second] = nuclei + rng.uniform(0, 0.08)
    if chance(rng, 0.3):
        image[..., third] = body * rng.uniform(0.2, 1) * (1 + rng.uniform(0, 0.4) * scene.texture)
    elif chance(rng, 0.3):
        image[..., third] = rng.uniform(0.2, 0.8) * membrane(scene)
    return image


def membrane(scene: Scene) -> Image:
    """Borders that shine, brighter between two cells than at one."""
    rng = scene.rng
    width = rng.uniform(0.7, 2.2) + 0.01 * scene.diameter
    light = np.exp(-np.maximum(scene.inside - 0.5, 0) / width) * scene.body
    light += np.exp(-scene.outside / width) * (1 - scene.body) * rng.uniform(0.3, 1)
    light *= scene.per_cell(rng.uniform(0.05, 0.35)) + (1 - scene.body)
    light *= np.clip(1 + rng.uniform(0, 0.35) * scene.texture, 0.25, 3)
    light += rng.uniform(0, 0.35) * scene.body * np.clip(1 + 0.4 * scene.texture, 0, 3)
    light *= 1 + rng.uniform(-0.3, 0.5) * scene.nuclei(rng.uniform(0.3, 0.6))
    return exposed(scene, blur(light, rng.uniform(0.3, 1.5)))


def exposed(scene: Scene, light: Image, most_ground: float = 0.2) -> Image:
    """About 0 to 1: `light` at a chosen exposure, over a ground with haze and what is out of focus."""
    rng = scene.rng
    level = np.percentile(light[scene.labels > 0], rng.uniform(85, 99.9)) if scene.labels.any() else 1.0
    light = light / np.float32(max(level, 1e-3)) * log_uniform(rng, 0.5, 1.1)
    light = light + rng.uniform(0, 0.25) * blur(light, max(scene.diameter * rng.uniform(0.3, 1), 3))
    ground = rng.uniform(0, most_ground)
    light = light + ground * np.clip(1 + rng.uniform(0, 0.5) * scene.ground, 0, 3) + rng.uniform(0, 0.05)
    if chance(rng, 0.25):
        light = light + ghosts(scene) * rng.uniform(0.05, 0.35)
    if chance(rng, 0.2):
        light = light + remains(scene) * rng.uniform(0.03, 0.25)
    return light


def remains(scene: Scene) -> Image:
    """0 to about 1: vesicles and specks of stain between cells, smaller and fainter than these."""
    rng, size = scene.rng, scene.size
    radius = max(scene.diameter * rng.uniform(0.1, 0.25), 1)
    count = int(rng.uniform(0.002, 0.03) * (size / radius) ** 2) + 1
    return dots(scattered(rng, size, rng.lognormal(0, 0.4, count)), radius) * (1 - scene.body)


def ghosts(scene: Scene) -> Image:
    """0 to 1: cells far out of focus, which nobody labels."""
    rng, canvas = scene.rng, Canvas(scene.size)
    radius = max(scene.diameter, 12) / 2
    for centre in rng.uniform(0, scene.size, (int(rng.integers(1, 9)), 2)):
        canvas.paint([star(rng, radius * rng.uniform(0.8, 2), rng.uniform(1, 1.6))], centre, free=0.2)
    return blur(canvas.labels > 0, max(radius * rng.uniform(0.5, 1), 4))
