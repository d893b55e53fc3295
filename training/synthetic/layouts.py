"""Loose and crowded cells: outlines put on a canvas, from bacteria to a few cells that fill the field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from training.synthetic.canvas import Canvas, Labels, Layout, part, warp
from training.synthetic.fields import Random, chance, log_uniform, smooth
from training.synthetic.outlines import Outline, process, rod, star, vary

MOST_TRIES = 1200  # outlines tried on a field; time grows with them


def blobs(rng: Random, size: int) -> Layout:
    """Rounded cells, alone or touching; on a third of the fields large ones among small ones."""
    diameter = log_uniform(rng, 9, 80)
    canvas = Canvas(size)
    rough, spread, most = rng.uniform(0, 0.2), rng.uniform(0.05, 0.35), rng.uniform(1, 1.8)
    larger = rng.uniform(1.8, 5) if chance(rng, 0.35) else 1.0
    cover = rng.uniform(0.05, 0.8)
    if larger > 1:
        large = min(diameter * larger, 180)
        for centre in places(rng, size, large, rng.uniform(0.05, 0.3)):
            canvas.paint([star(rng, large / 2 * rng.lognormal(0, 0.15), rng.uniform(1, most), rough)], centre)
    for centre in places(rng, size, diameter, cover, clumped=chance(rng, 0.5)):
        radius = diameter / 2 * rng.lognormal(0, spread)
        canvas.paint([star(rng, radius, rng.uniform(1, most), rough)], centre, free=0.75)
    return spaced(rng, canvas, "blobs", diameter)


def clumps(rng: Random, size: int) -> Layout:
    """Crowded nuclei: groups that grow one by one, each pressed against or over the one before."""
    diameter = log_uniform(rng, 10, 55)
    canvas = Canvas(size)
    spread, most, rough = rng.uniform(0.05, 0.25), rng.uniform(1.1, 1.8), rng.uniform(0, 0.12)
    tight, free = rng.uniform(0.7, 1.05), rng.uniform(0.55, 0.85)
    members = log_uniform(rng, 3, 60)
    budget = min(int(rng.uniform(0.1, 0.9) * (size / diameter) ** 2 * 1.6), MOST_TRIES)
    while budget > 0:
        group = [rng.uniform(0, size, 2)]
        for _ in range(max(int(rng.exponential(members)), 1)):
            budget -= 1
            angle = rng.uniform(0, 2 * np.pi)
            step = tight * diameter * rng.lognormal(0, 0.12)
            centre = group[rng.integers(len(group))] + step * np.array([np.sin(angle), np.cos(angle)])
            radius = diameter / 2 * rng.lognormal(0, spread)
            if canvas.paint([star(rng, radius, rng.uniform(1, most), rough)], centre, free):
                group.append(centre)
    return canvas.finish("clumps", diameter)


def fragments(rng: Random, size: int) -> Layout:
    """Nuclei with micronuclei beside them, and nuclei in pieces, as of dying or poisoned cells."""
    diameter = log_uniform(rng, 24, 90)
    canvas = Canvas(size)
    broken, budding = rng.uniform(0, 0.7), rng.uniform(0.1, 0.8)
    spread, most, rough = rng.uniform(0.05, 0.25), rng.uniform(1.1, 1.8), rng.uniform(0, 0.15)
    for centre in places(rng, size, diameter, rng.uniform(0.1, 0.7), clumped=chance(rng, 0.3)):
        radius = diameter / 2 * rng.lognormal(0, spread)
        if chance(rng, broken):
            pieces, reach = int(rng.integers(3, 15)), radius * rng.uniform(0.6, 1.1)
            radii = radius * rng.uniform(0.12, 0.6, pieces)
            turns, off = rng.uniform(0, 2 * np.pi, pieces), reach * np.sqrt(rng.random(pieces))
            free = rng.uniform(0.5, 0.8)
        elif canvas.paint([star(rng, radius, rng.uniform(1, most), rough)], centre, free=0.8):
            pieces = int(rng.integers(1, 5)) if chance(rng, budding) else 0
            radii = radius * rng.uniform(0.12, 0.4, pieces)
            turns, off = rng.uniform(0, 2 * np.pi, pieces), radius * rng.uniform(0.9, 1.6, pieces)
            free = 0.7
        else:
            continue
        for r, turn, away in zip(-np.sort(-radii), turns, off, strict=True):
            where = centre + away * np.array([np.sin(turn), np.cos(turn)])
            canvas.paint([star(rng, r, rng.uniform(1, 1.3), rough / 2)], where, free)
    return spaced(rng, canvas, "fragments", diameter)


def rods(rng: Random, size: int) -> Layout:
    """Bacteria: single, in rafts that lie side by side, in chains, or as filaments."""
    width = log_uniform(rng, 6, 22)
    long, bend = rng.uniform(0.6, 5), rng.uniform(0, 0.8)
    filaments = 0.25 if chance(rng, 0.25) else 0.0
    canvas = Canvas(size)
    grain = rng.uniform(0, 2 * np.pi) + rng.uniform(0.1, 1.2) * smooth(rng, size, rng.uniform(40, 200))
    chain = int(rng.integers(2, 6)) if chance(rng, 0.3) else 1
    disorder = rng.choice([0.08, 0.3, 3.0])
    area = width * width * (1 + long) * chain
    for place in places(rng, size, np.sqrt(area), rng.uniform(0.05, 1.0), clumped=chance(rng, 0.5)):
        y, x = place.astype(int).clip(0, size - 1)
        angle = grain[y, x] + rng.normal(0, disorder)
        centre = place
        for _ in range(chain):
            length = (
                width * long * rng.lognormal(0, 0.3) * (rng.uniform(3, 8) if chance(rng, filaments) else 1)
            )
            outline = rod(
                width / 2 * rng.lognormal(0, 0.06), length, angle, rng.normal(0, bend * length / 60)
            )
            canvas.paint([outline], centre, free=0.93)
            centre = centre + (length + width) * np.array([np.sin(angle), np.cos(angle)])
            angle += rng.normal(0, 0.2)
    return spaced(rng, canvas, "rods", width * 1.5)


def spiky(rng: Random, size: int) -> Layout:
    """Adherent and branched cells: torn outlines, and processes that cross the field."""
    diameter = log_uniform(rng, 12, 70)
    canvas = Canvas(
        size, warp(rng, size, diameter * rng.uniform(0.6, 1.2), diameter * rng.uniform(0.05, 0.25))
    )
    rough, most = rng.uniform(0.05, 0.3), rng.uniform(1.2, 4)
    branched, count, reach = rng.uniform(0.2, 1), int(rng.integers(1, 6)), rng.uniform(0.8, 3)
    thick = rng.uniform(0.12, 0.45)
    for centre in places(rng, size, diameter, rng.uniform(0.05, 0.6), clumped=chance(rng, 0.5)):
        radius = diameter / 2 * rng.lognormal(0, 0.25)
        outlines = [star(rng, radius, rng.uniform(1, most), rough)]
        if chance(rng, branched):
            outlines += [
                process(rng, radius, radius * reach * rng.uniform(0.5, 1.3), max(radius * thick, 2.2), angle)
                for angle in rng.uniform(0, 2 * np.pi, rng.integers(1, count + 1))
            ]
        canvas.paint(outlines, centre, free=0.8)
    return spaced(rng, canvas, "spiky", diameter)


def few(rng: Random, size: int) -> Layout:
    """Cells of 70 to 200 px, some with small ones between them."""
    diameter = log_uniform(rng, 70, 200)
    canvas = Canvas(size)
    if chance(rng, 0.3):
        reach = diameter * rng.uniform(0.02, 0.1)
        canvas = Canvas(size, warp(rng, size, diameter * rng.uniform(0.2, 0.6), reach))
    rough, most = rng.uniform(0, 0.2), rng.uniform(1.05, 2)
    for centre in places(rng, size, diameter, rng.uniform(0.15, 0.7)):
        radius = diameter / 2 * rng.lognormal(0, 0.15)
        canvas.paint([star(rng, radius, rng.uniform(1, most), rough)], centre, free=0.85)
    if chance(rng, 0.3):
        small = rng.uniform(10, 40)
        for centre in places(rng, size, small, rng.uniform(0.02, 0.2)):
            canvas.paint([star(rng, small / 2 * rng.lognormal(0, 0.2), 1.2, rough)], centre, free=0.9)
    return spaced(rng, canvas, "few", diameter)


def shapes(rng: Random, size: int, outlines: Sequence[Outline]) -> Layout:
    """Given outlines, of equivalent radius 1 on the mean of their image, packed anew at a size of its own."""
    diameter = log_uniform(rng, 10, 80)
    canvas = Canvas(size)
    if chance(rng, 0.5):
        canvas = Canvas(size, warp(rng, size, diameter, diameter * rng.uniform(0, 0.12)))
    free = rng.uniform(0.65, 0.95)
    for centre in places(rng, size, diameter, rng.uniform(0.1, 1.0), clumped=chance(rng, 0.4)):
        outline = outlines[int(rng.integers(len(outlines)))]
        canvas.paint([vary(rng, outline, diameter / 2 * rng.lognormal(0, 0.1))], centre, free)
    return spaced(rng, canvas, "shapes", diameter)


def empty(rng: Random, size: int) -> Layout:
    """A field without a cell."""
    return Canvas(size).finish("empty", rng.uniform(10, 80))


def places(
    rng: Random, size: int, diameter: float, cover: float, *, clumped: bool = False
) -> Iterator[NDArray[np.float64]]:
    """Centres for cells of this diameter that would cover a share `cover` of the field, also beyond its edge.

    `clumped` ones are dense in some parts and rare in others.
    """
    beyond = min(diameter / 3, size / 4)
    side = size + 2 * beyond
    tries = min(int(cover * 1.6 * side**2 / (0.785 * diameter**2)) + 1, MOST_TRIES)
    density = smooth(rng, size, size / rng.uniform(1.5, 5)) if clumped else None
    for centre in rng.uniform(-beyond, size + beyond, (tries, 2)):
        if density is not None:
            y, x = centre.astype(int).clip(0, size - 1)
            if density[y, x] < rng.normal(0.1, 0.25):
                continue
        yield centre


def spaced(rng: Random, canvas: Canvas, name: str, diameter: float) -> Layout:
    """The layout as painted, or with a line of ground between cells that touch."""
    labels: Labels = part(canvas.labels) if chance(rng, 0.35) else canvas.labels
    return Layout(name, labels, canvas.hidden, diameter)
