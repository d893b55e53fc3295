"""Epithelium beside stroma: nuclei side by side in wide cells, and membranes and cytoplasm that take DAB."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.synthetic.canvas import Canvas, Labels, Layout, borders
from training.synthetic.fields import Image, Random, bent, blur, chance, log_uniform, smooth, streaked
from training.synthetic.outlines import star, turn
from training.synthetic.scene import Scene

REACH = 1.1  # diameters around a nucleus that its own cell fills, where many lie together


def epithelium(rng: Random, size: int) -> Layout:
    """Nuclei at the distances of neighbours in one part of the field, few and slender ones in the rest."""
    diameter = log_uniform(rng, 9, 32)
    canvas = Canvas(size)
    rough, slender = rng.uniform(0.02, 0.1), rng.uniform(1, 2.8)
    grain = rng.uniform(0, np.pi) + rng.uniform(0.3, 1.8) * smooth(rng, size, size / rng.uniform(1.5, 4))
    part = smooth(rng, size, size / rng.uniform(1, 3)) + rng.uniform(-0.6, 1.2) > 0
    for centre in lattice(rng, size, diameter * rng.uniform(1.15, 1.6) * slender**0.25):
        y, x = centre.astype(int).clip(0, size - 1)
        if part[y, x]:
            long = slender * rng.lognormal(0, 0.12)
            nucleus = star(rng, diameter / 2 * rng.lognormal(0, 0.12), 1.0, rough) * (long**-0.5, long**0.5)
        elif chance(rng, 0.3):
            nucleus = star(rng, diameter / 2 * rng.lognormal(-0.1, 0.2), 1.0, rough) * (0.6, 1.6)
        else:
            continue
        canvas.paint([turn(nucleus, grain[y, x] + rng.normal(0, 0.15))], centre, 0.85)
    return canvas.finish("epithelium", diameter)


def lattice(rng: Random, size: int, step: float) -> NDArray[np.float64]:
    """`(n, 2)` px, in random order: rows of points `step` apart, every second one moved, all pushed about."""
    count = int(1.2 * size / step) + 3
    y, x = np.indices((count, count), np.float64)
    points = np.stack([y * 0.87, x + 0.5 * (y % 2)], axis=-1).reshape(-1, 2) * step - step
    return rng.permutation(points + rng.normal(0, rng.uniform(0.1, 0.25) * step, points.shape))


def stained_cells(scene: Scene) -> Image:
    """About 0 to 2.5: DAB on the membranes between nuclei and in the cytoplasm, where nuclei lie together."""
    rng, wide, size = scene.rng, scene.diameter, scene.size
    own = territories(scene)
    together = np.clip((blur(scene.body, 1.5 * wide) - rng.uniform(0.1, 0.25)) * 12, 0, 1)
    line = blur(borders(own) & (own > 0), rng.uniform(0.6, max(0.07 * wide, 0.9)))
    membrane = rng.uniform(0.2, 3) * np.minimum(2 * line, 1.2)
    uncovered = 1 - rng.uniform(0.5, 1) * blur(scene.body, rng.uniform(0.6, 1.5))  # some lies over it
    inside = log_uniform(rng, 0.1, 1.6) * (own > 0) * uncovered
    amount = together * (membrane + inside) * np.clip(1 + 0.4 * scene.texture + 0.2 * scene.grain, 0.1, 3)
    if chance(rng, 0.5):  # fibres within the cells
        scales = (rng.uniform(1, 3) * wide, 0.2 * wide)
        fibres = bent(rng, streaked(rng, size, scales if chance(rng, 0.5) else scales[::-1], 2))
        amount *= np.clip(1 + rng.uniform(0.2, 0.6) * fibres, 0.1, 2)
    return amount.astype(np.float32).clip(0, 2.5)


def territories(scene: Scene) -> Labels:
    """`(S, S)` the nucleus that each pixel is nearest to, within `REACH`; borders are not straight."""
    from scipy import ndimage

    size = scene.size
    if not scene.labels.any():
        return scene.labels
    far, nearest = ndimage.distance_transform_edt(scene.labels == 0, return_indices=True)
    own = np.where(far > REACH * scene.diameter, 0, scene.labels[tuple(nearest)])
    y, x = np.indices(own.shape, np.float32)
    down, across = (0.15 * scene.diameter * smooth(scene.rng, size, scene.diameter, 2) for _ in range(2))
    pulled = ((y + down).round().astype(int), (x + across).round().astype(int))
    moved: Labels = own[pulled[0].clip(0, size - 1), pulled[1].clip(0, size - 1)]
    return moved
