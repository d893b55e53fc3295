"""Stains as microscopes see them: each dye takes its share of red, green and blue, in optical density."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.synthetic.fields import Image, Random, log_uniform

Colour = NDArray[np.float32]  # (3,) optical density of red, green, blue, of length 1

# optical densities as published for colour deconvolution (Ruifrok and Johnston, 2001)
HAEMATOXYLIN = (0.65, 0.70, 0.29)
EOSIN = (0.07, 0.99, 0.11)
DAB = (0.27, 0.57, 0.78)
GIEMSA = (0.60, 0.76, 0.24)  # purple of nuclei in smears
HAEMOGLOBIN = (0.18, 0.80, 0.57)


@dataclass(frozen=True)
class Dyes:
    """The colours of one slide."""

    nuclear: Colour
    other: Colour
    white: Colour  # (3,) light through bare glass, 0 to 1


def dye(rng: Random, density: tuple[float, ...], spread: float = 0.09) -> Colour:
    """A published colour as another laboratory has it."""
    return unit(np.clip(np.asarray(density) + rng.normal(0, spread, 3), 0.02, None))


def unit(density: NDArray[np.floating]) -> Colour:
    """Of length 1: the amount of a dye is told elsewhere."""
    return (density / np.linalg.norm(density)).astype(np.float32)


def glass(rng: Random) -> Colour:
    """Light through bare glass, with the tint of the lamp."""
    return np.clip(rng.uniform(0.8, 1) * (1 + rng.normal(0, 0.025, 3)), 0, 1).astype(np.float32)


def seen(white: Colour, *layers: tuple[Image, Colour]) -> Image:
    """`(S, S, 3)` in 0 to 1: light through all layers, each an amount `(S, S)` of a dye."""
    density = sum((amount[..., None] * colour for amount, colour in layers), np.float32(0))
    return white * np.exp(-np.maximum(density, 0))


def strength(rng: Random) -> float:
    """Optical density of a well stained nucleus."""
    return log_uniform(rng, 0.45, 2.2)
