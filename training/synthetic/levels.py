"""No microscope: random levels for ground, bodies, borders and nuclei, so that no look is taken for granted.

After SynthSeg (Billot and others, 2023): what was trained on every contrast depends on none.
"""

from __future__ import annotations

import numpy as np

from training.synthetic.fields import Image, blur, chance
from training.synthetic.scene import Scene

LEAST = 0.15  # between ground and cells, in one channel at least


def random_levels(scene: Scene) -> Image:
    """`(S, S)` or `(S, S, 3)`: a level for the ground, one near a common level for each cell."""
    rng = scene.rng
    channels = 3 if chance(rng, 0.45) else 1
    ground, cell = rng.uniform(0, 1, (2, channels))
    while np.abs(cell - ground).max() < LEAST:
        cell = rng.uniform(0, 1, channels)
    count = int(scene.labels.max()) + 1
    levels = cell + rng.normal(0, rng.uniform(0.01, 0.15), (count, channels))
    levels[0] = ground
    image = levels.astype(np.float32)[scene.labels]
    grain = scene.body * (rng.uniform(0, 0.2) * scene.texture + rng.uniform(0, 0.08) * scene.grain)
    grain += (1 - scene.body) * rng.uniform(0, 0.15) * scene.ground
    image += grain[..., None] * rng.uniform(0.5, 1, channels).astype(np.float32)
    if chance(rng, 0.5):
        image += (np.exp(-scene.inside / rng.uniform(1, 3)) * scene.body)[..., None] * level(scene, channels)
    if chance(rng, 0.5):
        image += scene.nuclei(rng.uniform(0.3, 0.7))[..., None] * level(scene, channels)
    if chance(rng, 0.3):
        image += (np.exp(-scene.outside / rng.uniform(1, 6)) * (1 - scene.body))[..., None] * level(
            scene, channels
        )
    image = blur(image, rng.uniform(0.3, 1.8))
    return image if channels == 3 else image[..., 0]


def level(scene: Scene, channels: int) -> Image:
    """What a part adds to each channel."""
    return scene.rng.uniform(-0.35, 0.35, channels).astype(np.float32)
