"""What lies on an image and is no cell: dust, fibres, scale bars, letters, arrows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.synthetic.canvas import Canvas
from training.synthetic.fields import Image, Random, blur, chance
from training.synthetic.outlines import process, star

GLYPH = (7, 5)  # px, rows and columns of a letter at its smallest


def debris(rng: Random, image: Image) -> Image:
    """Specks smaller than cells, fibres, and drops out of focus, lighter or darker than what they lie on."""
    size = len(image)
    canvas = Canvas(size)
    for _ in range(int(rng.integers(3, 60))):
        canvas.paint([star(rng, rng.uniform(0.7, 2.2), rng.uniform(1, 2), 0.2)], rng.uniform(0, size, 2), 0.1)
    for _ in range(int(rng.integers(0, 4))):
        fibre = process(rng, 1, rng.uniform(20, size / 2), rng.uniform(1.5, 3), rng.uniform(0, 2 * np.pi))
        canvas.paint([fibre], rng.uniform(0, size, 2), 0.1)
    dust = blur((canvas.labels > 0).astype(np.float32), rng.uniform(0.4, 1.5))
    tint = rng.uniform(-0.6, 0.6) * (1 if image.ndim == 2 else rng.uniform(0.4, 1, 3))
    return image + (dust if image.ndim == 2 else dust[..., None]) * np.float32(tint)


def annotate(rng: Random, image: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Draws a scale bar, letters or both onto `image`, in place; returns `(S, S)`, where."""
    size = len(image)
    mask = np.zeros((size, size), bool)
    colour = rng.choice([0, 255, 255]) if image.ndim == 2 or chance(rng, 0.8) else rng.integers(0, 256, 3)
    y, x = corner(rng, size), corner(rng, size)
    if chance(rng, 0.7):
        width, height = int(rng.integers(size // 10, size // 3)), int(rng.integers(2, 8))
        x = min(x, size - width)
        mask[y : y + height, x : x + width] = True
        y -= 24
    if chance(rng, 0.6):
        text = letters(rng, int(rng.integers(1, 7)), int(rng.integers(1, 4)))
        y, x = max(min(y, size - text.shape[0]), 0), max(min(x, size - text.shape[1]), 0)
        mask[y : y + text.shape[0], x : x + text.shape[1]] |= text[: size - y, : size - x]
    image[mask] = colour
    return mask


def corner(rng: Random, size: int) -> int:
    """A place near one end of an axis, where people put such things."""
    return int(rng.uniform(0.03, 0.12) * size) if chance(rng, 0.4) else int(rng.uniform(0.8, 0.94) * size)


def letters(rng: Random, count: int, scale: int) -> NDArray[np.bool_]:
    """Strokes on a grid of 7 × 5 that look like letters from afar, `scale` px a stroke."""
    glyphs = []
    for _ in range(count):
        glyph = np.zeros((GLYPH[0], GLYPH[1] + 2), bool)
        glyph[:, rng.choice([0, 2, 4])] = True
        for row in rng.choice([0, 3, 6], 2, replace=False):
            glyph[row, : GLYPH[1]] = True
        if chance(rng, 0.5):
            glyph[: rng.choice([4, 7]), rng.choice([0, 4])] = True
        glyphs.append(glyph)
    return np.kron(np.concatenate(glyphs, axis=1), np.ones((scale, scale), bool))
