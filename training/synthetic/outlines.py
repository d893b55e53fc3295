"""Outlines of single cells: closed polygons `(V, 2)` in px, y before x, about their own centre."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.synthetic.fields import Random, log_uniform

Outline = NDArray[np.float64]  # (V, 2)


def star(rng: Random, radius: float, aspect: float = 1.0, rough: float = 0.0) -> Outline:
    """A rounded cell: an ellipse of this `aspect` at any angle, its radius disturbed by `rough` (0 to 0.3).

    Each wave around the cell is weaker than the one before, so that small
    values give beans and eggs, large ones lobes and corners.
    """
    angle = np.linspace(0, 2 * np.pi, corners(radius), endpoint=False)
    waves = np.arange(2, 9)
    heights = rough * rng.standard_normal(len(waves)) / waves**1.1
    phases = rng.uniform(0, 2 * np.pi, len(waves))
    reach = 1 + (heights * np.cos(waves * angle[:, None] + phases)).sum(axis=1)
    reach = radius * reach.clip(0.35, 2)
    points = np.stack([reach * np.sin(angle) / aspect**0.5, reach * np.cos(angle) * aspect**0.5], axis=1)
    return turn(points, rng.uniform(0, np.pi))


def pulled(
    rng: Random, radius: float, ends: int, reach: float, slim: float, angle: float, ruffled: float = 0.0
) -> Outline:
    """A cell drawn out towards `ends`, each by about `reach` radii; `slim` (0 to 1) cells are thin between.

    With two ends it is a spindle that lies at `angle`; with no reach, round. `ruffled`
    (0 to 0.3) ones have lobes and small teeth along their margin.
    """
    at = np.linspace(0, 2 * np.pi, 2 * corners(radius), endpoint=False)
    towards = angle + 2 * np.pi * (np.arange(ends) + rng.normal(0, 0.15, ends)) / ends
    lengths = reach * rng.lognormal(0, 0.35, ends)
    sharp = rng.uniform(0.2, 0.7, ends)  # rad, half the width of an end
    off = np.abs((at[:, None] - towards + np.pi) % (2 * np.pi) - np.pi)  # (V, E), rad from each end
    tips = (lengths * np.exp(-off / sharp)).sum(axis=1)
    waves = np.arange(4, 15)
    heights = ruffled * rng.standard_normal(len(waves)) / waves**0.7
    teeth = (heights * np.cos(waves * at[:, None] + rng.uniform(0, 2 * np.pi, len(waves)))).sum(axis=1)
    long = radius * (1 - 0.45 * slim * min(reach, 1) + tips) * (1 + teeth).clip(0.5, 2)
    return np.stack([long * np.sin(at), long * np.cos(at)], axis=1)


def corners(radius: float) -> int:
    """Vertices that make a circle of this radius round on the grid of pixels."""
    return int(np.clip(2.5 * radius, 14, 96))


def rod(half: float, length: float, angle: float, bend: float = 0.0) -> Outline:
    """A bacterium: two half circles of radius `half` and `length` px between them, bent by `bend` rad."""
    count = max(int(length / 3), 3)
    headings = bend * np.linspace(-0.5, 0.5, count)
    steps = length / (count - 1) * np.stack([np.sin(headings), np.cos(headings)], axis=1)
    middle = np.cumsum(steps, axis=0) - steps[0]
    middle -= middle.mean(axis=0)
    return turn(tube(middle, headings, np.full(count, half)), angle)


def process(rng: Random, radius: float, length: float, width: float, angle: float) -> Outline:
    """A process that leaves a cell of `radius` at `angle`, wanders, and ends at a third of its width."""
    count = 7
    headings = angle + np.cumsum(rng.normal(0, 0.25, count))
    steps = length / count * np.stack([np.sin(headings), np.cos(headings)], axis=1)
    begin = 0.6 * radius * np.array([np.sin(angle), np.cos(angle)])
    return tube(begin + np.cumsum(steps, axis=0), headings, width / 2 * np.linspace(1, 0.35, count))


def tube(middle: Outline, headings: NDArray[np.float64], halves: NDArray[np.float64]) -> Outline:
    """The outline of a line of points `(n, 2)` with a half width each, round at both ends."""
    normals = np.stack([np.cos(headings), -np.sin(headings)], axis=1) * halves[:, None]
    cap = np.linspace(0, np.pi, 9)[1:-1]
    end = headings[-1] + np.pi / 2 - cap
    head = middle[-1] + halves[-1] * np.stack([np.sin(end), np.cos(end)], axis=1)
    begin = headings[0] - np.pi / 2 - cap
    tail = middle[0] + halves[0] * np.stack([np.sin(begin), np.cos(begin)], axis=1)
    return np.concatenate([middle + normals, head, (middle - normals)[::-1], tail])


def turn(points: Outline, angle: float) -> Outline:
    """Turned about the origin."""
    c, s = np.cos(angle), np.sin(angle)
    return points @ np.array([[c, s], [-s, c]])


def vary(rng: Random, outline: Outline, radius: float) -> Outline:
    """A given outline of equivalent radius 1, turned, mirrored, sheared a little, brought to `radius` px."""
    points = outline * (1, rng.choice([-1, 1]))
    points = turn(points, rng.uniform(0, 2 * np.pi))
    stretch = log_uniform(rng, 0.85, 1.18)
    return radius * turn(points * (stretch, 1 / stretch), rng.uniform(0, 2 * np.pi))
