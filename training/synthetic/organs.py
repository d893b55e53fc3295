"""Nuclei as tissue has them: around glands, along fibres, in swarms; and blood cells, spread on glass."""

from __future__ import annotations

import numpy as np

from training.synthetic.canvas import Canvas, Layout
from training.synthetic.fields import Random, chance, log_uniform, smooth
from training.synthetic.layouts import places, spaced
from training.synthetic.outlines import star, turn


def organ(rng: Random, size: int) -> Layout:
    """Rings of nuclei around glands, long ones along fibres, small round ones in swarms, few large ones."""
    diameter = log_uniform(rng, 9, 45)
    canvas = Canvas(size)
    rough = rng.uniform(0, 0.12)
    if chance(rng, 0.5):
        for _ in range(int(rng.integers(1, 6))):
            ring(rng, canvas, diameter, rough)
    grain = rng.uniform(0, np.pi) + rng.uniform(0.2, 1.5) * smooth(rng, size, size / 3)
    long = rng.uniform(0, 0.8)
    for centre in places(rng, size, diameter, rng.uniform(0.02, 0.4), clumped=chance(rng, 0.5)):
        radius = diameter / 2 * rng.lognormal(0, 0.2)
        aspect = 1.0 + rng.exponential(0.25)
        if chance(rng, long):
            y, x = centre.astype(int).clip(0, size - 1)
            spindle = star(rng, radius * 0.85, 1.0, rough) * (0.55, 1.7)
            canvas.paint([turn(spindle, grain[y, x] + rng.normal(0, 0.15))], centre, 0.85)
        else:
            canvas.paint([star(rng, radius, aspect, rough)], centre, 0.8)
    if chance(rng, 0.35):
        swarm(rng, canvas, diameter * rng.uniform(0.6, 0.9))
    return spaced(rng, canvas, "organ", diameter)


def ring(rng: Random, canvas: Canvas, diameter: float, rough: float) -> None:
    """One gland: oval nuclei side by side around a lumen, in one to three rows, pointing to its middle."""
    middle = rng.uniform(0, canvas.size, 2)
    inner = diameter * rng.uniform(1.2, 5)
    form = star(rng, inner, rng.uniform(1, 2), 0.1)
    aspect = rng.uniform(1, 2)
    for row in range(int(rng.integers(1, 4))):
        path = form * (1 + 1.15 * row * diameter / inner)
        lengths = np.hypot(*np.diff(path, axis=0, append=path[:1]).T)
        along = np.arange(rng.uniform(0, diameter), lengths.sum(), diameter * rng.uniform(0.85, 1.4))
        for at in np.searchsorted(np.cumsum(lengths), along).clip(0, len(path) - 1):
            point = path[at] + rng.normal(0, 0.12 * diameter, 2)
            outward = np.arctan2(point[0], point[1])
            nucleus = star(rng, diameter / 2 * rng.lognormal(0, 0.12), 1.0, rough)
            nucleus *= (aspect**-0.5, aspect**0.5)
            canvas.paint([turn(nucleus, outward + rng.normal(0, 0.2))], middle + point, 0.8)


def swarm(rng: Random, canvas: Canvas, diameter: float) -> None:
    """Round nuclei of one size, dense around a point."""
    middle, reach = rng.uniform(0, canvas.size, 2), diameter * rng.uniform(2, 8)
    for centre in rng.normal(middle, reach, (int(rng.uniform(10, 80)), 2)):
        canvas.paint([star(rng, diameter / 2 * rng.lognormal(0, 0.08), 1.1, 0.05)], centre, 0.8)


def spread_out(rng: Random, size: int) -> Layout:
    """Cells of a smear: round, of similar size, mostly apart; 20 to 170 px."""
    diameter = log_uniform(rng, 20, 170)
    canvas = Canvas(size)
    rough, spread, free = rng.uniform(0, 0.12), rng.uniform(0.03, 0.25), rng.uniform(0.75, 1)
    for centre in places(rng, size, diameter, log_uniform(rng, 0.06, 0.7)):
        radius = diameter / 2 * rng.lognormal(0, spread)
        canvas.paint([star(rng, radius, rng.uniform(1, 1.25), rough)], centre, free)
    return canvas.finish("smear", diameter)
