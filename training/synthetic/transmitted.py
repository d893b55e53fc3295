"""Cells without a stain: phase contrast, differential interference contrast, brightfield."""

from __future__ import annotations

import numpy as np

from training.synthetic.fields import Image, Random, blur, chance, dots, log_uniform, scattered, smooth
from training.synthetic.scene import Scene

BACTERIA = ("rods", "colony")  # layouts
ADHERENT = ("adherent", "spiky", "sheet", "shapes", "few")


def phase(scene: Scene) -> Image:
    """Phase contrast: what delays light is dark (or, rarely, bright), with a halo of some px around it.

    The ring in the objective lets part of the direct light through as if it
    were scattered; so the image is the delay less its mean over some px. That
    gives the halo outside, and the middle of large cells falls back to gray.
    """
    rng = scene.rng
    if scene.layout.name in BACTERIA and chance(rng, 0.6):
        image = bacteria(scene)
    elif scene.layout.name in ADHERENT and chance(rng, 0.6):
        image = spread_out(scene)
    else:
        image = delayed(scene)
    if chance(rng, 0.6):
        image += specks(rng, scene.size, scene.diameter) + rings(rng, scene.size)
    return within(image)


def delayed(scene: Scene) -> Image:
    """Phase contrast of cells that are thick all over."""
    rng = scene.rng
    delay = thickness(scene)
    halo = log_uniform(rng, 2, 14)  # px: the optics give it, not the cell
    image = delay - rng.uniform(0.6, 1.05) * blur(delay, halo)
    sign = -1 if chance(rng, 0.75) else 1
    image = sign * rng.uniform(0.15, 0.6) * image
    if chance(rng, 0.5):  # a bright line along the border, as around adherent cells
        rim = np.exp(-((scene.outside - rng.uniform(0.5, 1.5)) ** 2) / rng.uniform(1, 6)) * (1 - scene.body)
        image += rng.uniform(0.05, 0.45) * rim
    if chance(rng, 0.4):  # rounded cells, bright as lamps, among flat ones
        image += rng.uniform(0.2, 0.6) * scene.some_cells(rng.uniform(0.05, 0.6)) * scene.depth
    image += 0.5 + log_uniform(rng, 0.002, 0.04) * scene.ground
    return blur(image, rng.uniform(0.3, 1.2))


def spread_out(scene: Scene) -> Image:
    """Phase contrast of cells that lie flat: gray as the ground, granular, their border seen in parts.

    What is thick is the middle and, while a cell is round, all of it; a thin margin
    shows by the line of light along it, here and there, and by what the cell contains.
    """
    rng = scene.rng
    part = np.clip(
        0.6 + rng.uniform(0.2, 1) * smooth(rng, scene.size, scene.diameter * rng.uniform(0.2, 1)), 0, 2
    )
    image = rng.uniform(-0.3, 0.05) * scene.depth ** rng.uniform(1, 3) * scene.per_cell(0.4)
    image += scene.body * (rng.uniform(0.01, 0.1) * scene.texture + rng.uniform(0.01, 0.1) * scene.grain)
    if chance(rng, 0.5):  # vesicles, dark and bright, in the thick part
        vesicles = np.sign(scene.grain) * np.clip(np.abs(scene.grain) - rng.uniform(0.8, 1.6), 0, 2)
        image += rng.uniform(0.05, 0.35) * vesicles * scene.depth ** rng.uniform(0.3, 1.5)
    signed = scene.outside - scene.inside + 0.5  # px beyond the border
    light, dark = rng.uniform(-1, 2), rng.uniform(-4, -1)
    image += rng.uniform(0.05, 0.45) * part * np.exp(-((signed - light) ** 2) / rng.uniform(1, 5))
    image -= rng.uniform(0, 0.25) * part * np.exp(-((signed - dark) ** 2) / rng.uniform(1, 8))
    if chance(rng, 0.6):
        nucleus = blur(scene.nuclei(rng.uniform(0.35, 0.6)), 0.7)
        image += rng.uniform(-0.1, 0.1) * nucleus
        spots = smooth(rng, scene.size, max(scene.diameter * 0.1, 2)) > rng.uniform(1.2, 1.8)
        image -= rng.uniform(0, 0.3) * nucleus * blur(spots, 0.7)
    if chance(rng, 0.6):  # rounded ones shine, with a dark ring around
        round_ones = scene.some_cells(rng.uniform(0.02, 0.2))
        image += rng.uniform(0.2, 0.7) * round_ones * scene.depth ** rng.uniform(0.5, 2)
    image -= rng.uniform(0, 0.8) * blur(image, log_uniform(rng, 3, 14))
    image += rng.uniform(0.35, 0.6) + log_uniform(rng, 0.002, 0.03) * scene.ground
    return blur(image, rng.uniform(0.3, 1.2))


def bacteria(scene: Scene) -> Image:
    """Phase contrast of bacteria: even and dark, with light between them and a wide glow around."""
    rng = scene.rng
    width = scene.diameter / 1.5  # px; see the layouts
    dark = rng.uniform(0.25, 0.9)
    soft = rng.uniform(0.5, 1.2) + rng.uniform(0, 0.14) * width  # what is enlarged has soft borders
    image = -dark * blur(scene.body * scene.per_cell(rng.uniform(0.02, 0.15)), soft)
    image += dark * rng.uniform(0.3, 1) * blur(scene.body, log_uniform(rng, 3, max(18, width)))
    image *= 1 + rng.uniform(0, 0.15) * scene.texture * scene.body
    return image + np.float32(rng.uniform(0.5, 0.7)) + log_uniform(rng, 0.002, 0.03) * scene.ground


def specks(rng: Random, size: int, diameter: float) -> Image:
    """Phase contrast of what floats or lies about: dots with a ring of the other sign.

    They are smaller than the cells of the field, whose `diameter` is in px.
    """
    image = np.zeros((size, size), np.float32)
    for _ in range(int(rng.integers(1, 4))):
        sigma = rng.uniform(0.7, np.clip(0.09 * diameter, 0.9, 3.5))
        count = int(log_uniform(rng, 2, 120) * (size / 352) ** 2 / sigma) + 1
        strong = rng.uniform(0.05, 0.5) * rng.lognormal(0, 0.6, count) * rng.choice([-1, -1, -1, 1], count)
        points = scattered(rng, size, strong)
        ring = rng.uniform(1.6, 2.6) * sigma
        image += dots(points, sigma) - rng.uniform(0.3, 0.7) * dots(points, ring)
    return image


def rings(rng: Random, size: int) -> Image:
    """Faint rings of drops far out of focus."""
    image = np.zeros((size, size), np.float32)
    y, x = np.indices((size, size), np.float32)
    for _ in range(int(rng.integers(0, 4))):
        down, across = rng.uniform(-0.1, 1.1, 2) * size
        radius, wide = log_uniform(rng, 8, size / 4), rng.uniform(2, 8)
        off = (np.hypot(y - down, x - across) - radius) / wide
        image += rng.uniform(-0.12, 0.12) * np.cos(2 * off) * np.exp(-(off**2))
    return image


def thickness(scene: Scene) -> Image:
    """About 0 to 1: how much matter light meets: body, organelles, nucleus."""
    rng = scene.rng
    flat = rng.uniform(0.1, 0.7)
    body = np.maximum(scene.depth, 1e-3) ** flat * scene.edge(rng.uniform(0.4, 1.2))
    body *= scene.per_cell(rng.uniform(0.05, 0.35))
    body *= 1 + rng.uniform(0, 0.35) * scene.texture + rng.uniform(0.02, 0.3) * scene.grain
    if chance(rng, 0.6):
        nucleus = scene.nuclei(rng.uniform(0.3, 0.6))
        body += rng.uniform(-0.25, 0.4) * nucleus
        if chance(rng, 0.5):  # nucleoli
            spots = smooth(rng, scene.size, max(scene.diameter * 0.12, 2)) > 1.2
            body += rng.uniform(0.2, 0.6) * nucleus * blur(spots, 0.7)
    if chance(rng, 0.4):  # granules
        body += rng.uniform(0.3, 1) * scene.body * np.clip(scene.grain - rng.uniform(1, 1.8), 0, 2)
    return body.astype(np.float32)


def interference(scene: Scene) -> Image:
    """DIC: the slope of the thickness along one direction, as if lit from one side."""
    rng = scene.rng
    delay = thickness(scene) * max(rng.uniform(0.15, 0.4) * scene.diameter, 3) / 3
    delay += rng.uniform(0, 0.2) * scene.ground
    down, across = np.gradient(blur(delay, rng.uniform(0.6, 1.6)))
    angle = rng.uniform(0, 2 * np.pi)
    slope = np.cos(angle) * across + np.sin(angle) * down
    strong = np.percentile(np.abs(slope[scene.labels > 0]), 98) if scene.labels.any() else 1.0
    return 0.5 + rng.uniform(0.12, 0.45) * slope / np.float32(max(strong, 1e-3))


def brightfield(scene: Scene) -> Image:
    """Cells a little out of focus: dark and bright rings along the border, a body near the ground's gray."""
    rng = scene.rng
    signed = scene.inside - scene.outside - rng.uniform(-1, 3)  # px, positive inside
    wide = rng.uniform(1.2, 5)
    rings = np.cos(2 * np.pi * signed / (wide * rng.uniform(1.5, 4)) + rng.uniform(0, 2 * np.pi))
    image = rng.uniform(0.12, 0.5) * rings * np.exp(-np.abs(signed) / wide)
    body = rng.uniform(-0.2, 0.15) + 0.1 * (scene.per_cell(0.4) - 1)
    image += scene.body * (body + rng.uniform(0, 0.1) * scene.texture + rng.uniform(0, 0.06) * scene.grain)
    if chance(rng, 0.5):
        image += rng.uniform(-0.25, 0.2) * blur(scene.nuclei(rng.uniform(0.25, 0.6)), 1)
    if chance(rng, 0.3):  # a lens: the middle of thick cells shines
        image += rng.uniform(0.1, 0.4) * scene.depth**3
    image += rng.uniform(0.4, 0.8) + log_uniform(rng, 0.002, 0.04) * scene.ground
    return within(blur(image, rng.uniform(0.3, 1.3)))


def within(image: Image) -> Image:
    """Between 0 and 1, as somebody sets the lamp: a few pixels may be beyond."""
    low, high = np.percentile(image, (1, 98))
    low, high = min(low, 0.0), max(high, 1.0)
    return (image - np.float32(low)) / np.float32(high - low)
