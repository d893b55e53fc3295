"""Cells that fill the field like tiles, with bent borders, gaps, holes, missing ones; islands of such."""

from __future__ import annotations

import numpy as np

from training.synthetic.canvas import Canvas, Labels, Layout, borders, warp
from training.synthetic.fields import Random, chance, log_uniform, smooth
from training.synthetic.layouts import places
from training.synthetic.outlines import star


def sheet(rng: Random, size: int) -> Layout:
    """Each pixel belongs to the nearest of random seeds, on a plane that was stretched and warped."""
    from scipy import ndimage

    diameter = log_uniform(rng, 12, 90)
    stretch = log_uniform(rng, 1, 3) if chance(rng, 0.4) else 1.0
    turn, reach = rng.uniform(0, np.pi), diameter * rng.uniform(0.03, 0.13)
    down, across = warp(rng, size, diameter * rng.uniform(0.6, 1.5), reach)
    y, x = np.mgrid[:size, :size].astype(np.float32) - size / 2
    along = (np.cos(turn) * x + np.sin(turn) * y) / stretch**0.5
    aside = (np.cos(turn) * y - np.sin(turn) * x) * stretch**0.5
    plane = int(size * 1.5 * stretch**0.5) + 8
    row = (aside + down + plane / 2).astype(int).clip(0, plane - 1)
    column = (along + across + plane / 2).astype(int).clip(0, plane - 1)

    seeds = scatter(rng, plane, diameter)
    distance, nearest = ndimage.distance_transform_edt(seeds == 0, return_indices=True)
    plane_labels = seeds[nearest[0], nearest[1]]
    plane_labels[distance > diameter * rng.uniform(0.6, 1.8)] = 0  # seeds far from others stay round
    labels: Labels = plane_labels[row, column]
    return Layout("sheet", thin(rng, labels, diameter), np.zeros(labels.shape, np.uint8), diameter)


def islands(rng: Random, size: int) -> Layout:
    """Cells pressed together in groups, as tiles of a sheet are, and others that lie alone between these."""
    whole = sheet(rng, size)
    land = smooth(rng, size, size / rng.uniform(1.5, 6))
    area = np.maximum(np.bincount(whole.labels.ravel()), 1)
    inside = np.bincount(whole.labels.ravel(), land.ravel()) / area > rng.uniform(0, 1)
    canvas = Canvas(size)
    canvas.labels, canvas.count = np.where(inside[whole.labels], whole.labels, 0), len(area)
    rough, most = rng.uniform(0, 0.2), rng.uniform(1.05, 1.6)
    for centre in places(rng, size, whole.diameter, rng.uniform(0, 0.2)):
        radius = whole.diameter / 2 * rng.lognormal(0, 0.2)
        canvas.paint([star(rng, radius, rng.uniform(1, most), rough)], centre, free=0.8)
    return canvas.finish("islands", whole.diameter)


def scatter(rng: Random, size: int, diameter: float) -> Labels:
    """`(size, size)` with the ids of seeds on single pixels: a grid, each point moved by chance."""
    step = 0.9 * diameter
    rows = np.arange(-step, size + step, step)
    grid = np.stack(np.meshgrid(rows, rows, indexing="ij"), axis=-1)
    grid[::2, :, 1] += step / 2
    grid = grid.reshape(-1, 2)
    points = (grid + rng.normal(0, step * rng.uniform(0.1, 0.45), grid.shape)).astype(int)
    points = points[((points >= 0) & (points < size)).all(axis=1)]
    seeds: Labels = np.zeros((size, size), np.int32)
    seeds[points[:, 0], points[:, 1]] = rng.permutation(len(points)) + 1
    return seeds


def thin(rng: Random, labels: Labels, diameter: float) -> Labels:
    """Gaps between cells, cells that are missing, and holes in the sheet."""
    from scipy import ndimage

    gap = rng.choice([0, 0, 1, 2, 3])
    if gap and diameter > 8 * gap:
        edge = borders(labels)
        labels = np.where(
            ndimage.binary_dilation(edge, iterations=int(gap) - 1) if gap > 1 else edge, 0, labels
        )
    missing = rng.random(int(labels.max()) + 1) < rng.choice([0, 0.05, 0.3])
    missing[0] = False
    labels = np.where(missing[labels], 0, labels)
    if chance(rng, 0.5):
        labels = np.where(
            smooth(rng, len(labels), len(labels) / rng.uniform(1.5, 5)) > rng.uniform(0, 2), 0, labels
        )
    return labels
