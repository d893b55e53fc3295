"""From light to pixels: uneven lamps, a camera's noise, exposure, and what a file format leaves of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.synthetic.fields import Image, Random, blur, chance, log_uniform, smooth

BLOCK = 8  # px, of JPEG


def photograph(rng: Random, light: Image) -> NDArray[np.uint8]:
    """`(S, S)` or `(S, S, 3)` light of about 0 to 1 → the same shape in uint8."""
    light = np.nan_to_num(light.astype(np.float32), nan=0, posinf=1, neginf=0)
    if chance(rng, 0.5):
        light = light * across(shade(rng, len(light)), light)
    if chance(rng, 0.3):  # photons come one by one
        peak = log_uniform(rng, 20, 800)
        light = rng.poisson(light.clip(0, 4) * peak).astype(np.float32) / np.float32(peak)
    if chance(rng, 0.8):  # the camera reads with an error, here and there smeared by its colour filter
        error = rng.standard_normal(light.shape).astype(np.float32)
        if chance(rng, 0.3):
            error = blur(error, rng.uniform(0.4, 0.9)) * 2
        light = light + log_uniform(rng, 0.002, 0.07) * error
    light = light.clip(0, 1) ** np.float32(log_uniform(rng, 0.65, 1.5))
    if chance(rng, 0.15):
        light = blur(light, rng.uniform(0.5, 1.2))
    if chance(rng, 0.15):
        light = resampled(rng, light)
    if chance(rng, 0.2):
        light = blocky(rng, light)
    return np.round(light.clip(0, 1) * 255).astype(np.uint8)


def shade(rng: Random, size: int) -> Image:
    """`(S, S)` factors around 1: a lamp off the axis, dark corners, stripes of a stitched scan."""
    factors = 1 + rng.uniform(0.05, 0.3) * smooth(rng, size, size * rng.uniform(0.7, 1.5))
    if chance(rng, 0.3):
        y, x = (np.indices((size, size), np.float32) - size / 2) / size
        factors = factors * (1 - rng.uniform(0.2, 1.0) * (y**2 + x**2))
    return factors.clip(0.2, 2).astype(np.float32)


def across(field: Image, image: Image) -> Image:
    """A field `(S, S)` in the shape of the image, the same in all channels."""
    return field if image.ndim == 2 else field[..., None]


def resampled(rng: Random, image: Image) -> Image:
    """As if scaled up from fewer pixels, as in many a published picture."""
    size = len(image)
    step = rng.uniform(1.2, 2)
    middles = (np.floor(np.arange(size) / step) + 0.5) * step - 0.5
    index = middles.round().astype(int).clip(0, size - 1)
    return blur(image[index][:, index], step / 2.5)


def blocky(rng: Random, image: Image) -> Image:
    """As JPEG leaves it: blocks of 8 × 8 px whose finer waves are rounded more."""
    from scipy.fft import dctn, idctn

    size = len(image)
    pad = -size % BLOCK
    padded = np.pad(image, [(0, pad), (0, pad)] + [(0, 0)] * (image.ndim - 2), mode="edge")
    side = len(padded) // BLOCK
    blocks = padded.reshape(side, BLOCK, side, BLOCK, -1)
    waves = dctn(blocks, axes=(1, 3), norm="ortho")
    wave = np.arange(BLOCK)
    steps = rng.uniform(0.02, 0.12) * (1 + (wave[:, None] + wave) * rng.uniform(0.5, 1.5))
    steps = steps.astype(np.float32)[:, None, :, None]
    return idctn(np.round(waves / steps) * steps, axes=(1, 3), norm="ortho").reshape(padded.shape)[
        :size, :size
    ]
