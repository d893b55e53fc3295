"""A look taken from one real image: its ground, and the colours of its cells by brightness."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.synthetic.fields import Image, Random, blur, chance
from training.synthetic.fluorescence import stained_body, stained_nuclei
from training.synthetic.real import Piece
from training.synthetic.scene import Scene

TONES = 64  # steps between the darkest and the brightest pixel of the real cells
LEAST = 400  # px of cells and of ground that a look can be learned from


def borrowed(scene: Scene, piece: Piece) -> Image | None:
    """Drawn cells on the piece's ground, in the piece's tones; None where it has too little of either."""
    from scipy import ndimage

    rng = scene.rng
    cells = piece.labels > 0
    bare = ~ndimage.binary_dilation(cells, iterations=3)
    if cells.sum() < LEAST or bare.sum() < LEAST:
        return None
    real = piece.image.astype(np.float32) / np.float32(255)
    light = stained_nuclei(scene) if chance(rng, 0.5) else stained_body(scene)
    drawn = tones(real[cells])[ranks(light, scene.labels > 0, turned=chance(rng, 0.2))]
    soft = blur(scene.body, rng.uniform(0.5, 1.3))[..., None]
    image = ground(rng, real, bare, max(piece.diameter / 2, 4)) * (1 - soft) + drawn * soft
    return image[..., 0] if piece.gray else image


def tones(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(TONES, 3)` the colours of pixels `(P, 3)` from the darkest to the brightest."""
    ordered = pixels[np.argsort(pixels.sum(axis=1), kind="stable")]
    return np.stack([part.mean(axis=0) for part in np.array_split(ordered, TONES)])


def ranks(light: Image, inside: NDArray[np.bool_], *, turned: bool) -> NDArray[np.intp]:
    """`(S, S)` the tone of each pixel: how many inside are darker, or brighter where `turned`."""
    order = np.argsort(np.argsort(light[inside], kind="stable"), kind="stable")
    tone = order * TONES // max(inside.sum(), 1)
    result = np.zeros(light.shape, np.intp)
    result[inside] = TONES - 1 - tone if turned else tone
    return result


def ground(
    rng: Random, real: NDArray[np.float32], bare: NDArray[np.bool_], scale: float
) -> NDArray[np.float32]:
    """`(S, S, 3)` the image where it is bare; elsewhere the mean of what is bare nearby, as rough as that."""
    weight = bare.astype(np.float32)
    near = blur(real * weight[..., None], scale) / (blur(weight, scale)[..., None] + 1e-3)
    common = real[bare].mean(axis=0)
    trust = np.clip(blur(weight, scale) * 10, 0, 1)[..., None]
    near = near * trust + common * (1 - trust)
    rest = (real - near)[bare]
    rough = near + rest[rng.integers(len(rest), size=bare.shape)]
    soft = blur(weight, 1.0)[..., None]
    return real * soft + rough * (1 - soft)
