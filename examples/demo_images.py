"""Three images that need no download: two that scikit-image carries, and a synthetic field.

python examples/demo_images.py FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from imagecodecs import png_encode
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from skimage import data


def nuclei(height: int = 400, width: int = 600, cells: int = 90, seed: int = 1) -> NDArray[np.uint16]:
    """`(height, width)` uint16: blurred, textured ellipses on a dark ground, as a 12-bit camera gives."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    light = np.zeros((height, width))
    taken = np.zeros((height, width), bool)
    for _ in range(cells):
        cy, cx, angle = rng.uniform(0, height), rng.uniform(0, width), rng.uniform(0, np.pi)
        a, b = rng.uniform(9, 15), rng.uniform(9, 15)
        u = (y - cy) * np.cos(angle) + (x - cx) * np.sin(angle)
        v = (x - cx) * np.cos(angle) - (y - cy) * np.sin(angle)
        cell = (u / a) ** 2 + (v / b) ** 2 <= 1
        if not (cell & taken).any():
            taken |= cell
            light[cell] = rng.uniform(0.4, 1.0)
    light *= 1 + 0.25 * gaussian_filter(rng.normal(size=light.shape), 2) * 4
    photons = rng.poisson(40 + 900 * gaussian_filter(light.clip(0), 1.2))
    return photons.astype(np.uint16)


def main(folder: Path) -> None:
    """Writes the three images as PNG."""
    folder.mkdir(parents=True, exist_ok=True)
    images = {
        "tissue": data.immunohistochemistry(),  # (512, 512, 3) uint8, DAB and haematoxylin
        "phase": data.cell(),  # (660, 550) uint8, one cell in phase contrast
        "synthetic": nuclei(),
    }
    for name, image in images.items():
        (folder / f"{name}.png").write_bytes(png_encode(np.ascontiguousarray(image)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
