"""Cells as they grow in a culture: spread out on glass, held by their ends; or divided from a few."""

from __future__ import annotations

import numpy as np

from training.synthetic.canvas import Canvas, Layout, warp
from training.synthetic.fields import Random, chance, log_uniform
from training.synthetic.layouts import places, spaced
from training.synthetic.outlines import pulled, rod

MOST_BORN = 400  # cells of a field's colonies; time grows with them


def adherent(rng: Random, size: int) -> Layout:
    """Cells that hold on to the glass by two to five ends, alone or in groups, some over others."""
    diameter = log_uniform(rng, 14, 90)
    canvas = Canvas(size, warp(rng, size, diameter * rng.uniform(0.8, 2), diameter * rng.uniform(0, 0.12)))
    ends = np.array([[6, 2, 1, 0], [3, 5, 2, 1], [2, 2, 1, 1]][rng.integers(3)], float)
    grain, order = rng.uniform(0, 2 * np.pi), rng.choice([0.2, 0.8, 6.0])  # a sheet's cells lie alike
    reach, slim, ruffled = rng.uniform(0.4, 1.8), rng.uniform(0.2, 1), rng.uniform(0, 0.2)
    rounded = rng.uniform(0, 0.3)
    for centre in places(rng, size, diameter, rng.uniform(0.05, 1.0), clumped=chance(rng, 0.6)):
        radius = diameter / 2 * rng.lognormal(0, 0.25)
        if chance(rng, rounded):  # before it divides
            outline = pulled(rng, radius * 0.6, 2, 0, 1, 0.0)
        else:
            number = 2 + int(rng.choice(4, p=ends / ends.sum()))
            angle = grain + rng.normal(0, order)
            outline = pulled(rng, radius, number, reach * 2 / number, slim, angle, ruffled)
        canvas.paint([outline], centre, free=0.7)
    return spaced(rng, canvas, "adherent", diameter)


def colony(rng: Random, size: int) -> Layout:
    """Bacteria that stem from a few: side by side and end to end, close together."""
    width, long = log_uniform(rng, 6, 30), rng.uniform(0.8, 4)
    apart, turned, bend = rng.uniform(1.0, 1.2), rng.uniform(0.03, 0.25), rng.uniform(0, 0.4)
    canvas = Canvas(size)
    left = MOST_BORN
    for _ in range(int(rng.integers(1, 6))):
        kin = [(rng.uniform(0, size, 2), rng.uniform(0, 2 * np.pi), width * long)]
        for born in range(int(min(log_uniform(rng, 1, 150), left))):
            left -= 1
            middle, angle, length = kin[rng.integers(len(kin))]
            own = width * long * rng.lognormal(0, 0.25)
            along = np.array([np.sin(angle), np.cos(angle)])
            if born == 0:
                centre = middle
            elif chance(rng, 0.6):
                side = rng.choice([-1, 1]) * apart * width * np.array([along[1], -along[0]])
                centre = middle + side + rng.uniform(-0.5, 0.5) * length * along
            else:
                centre = middle + rng.choice([-1, 1]) * ((length + own) / 2 + apart * width) * along
            angle += rng.normal(0, turned)
            outline = rod(width / 2 * rng.lognormal(0, 0.04), own, angle, rng.normal(0, bend * own / 60))
            if canvas.paint([outline], centre, free=0.93):
                kin.append((centre, angle, own))
    return spaced(rng, canvas, "colony", width * 1.5)
