"""What the network sees of tissue in DAB: its haematoxylin alone.

The brown of DAB marks a protein wherever it lies, in membranes, in cytoplasm,
over nuclei; nuclei are what the other stain, blue, shows. Light through both is
the product of the light through each, so their amounts add in optical density
and two colours suffice to tell them apart (Ruifrok & Johnston, Anal. Quant.
Cytol. Histol. 23, 2001, whose colours are taken). Tissue without brown is seen
as it is: haematoxylin and eosin are what networks learn from.

Where the brown is dense, little light is left to tell the two apart by, and
what is left is grainy: so amounts are smoothed, and the faint haze that is no
nucleus is taken off. Where nuclei lie over each other, borders are lost with it,
and their flow is less sure than the nuclei are: more of its error is allowed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from ..settings import Tracking
from .strips import Rows

HAEMATOXYLIN, DAB = (0.65, 0.70, 0.29), (0.27, 0.57, 0.78)  # density in red, green, blue
FULL, AT = 0.9, 99.5  # density of well stained nuclei, and the percentile of an image that is brought to it
STRONGEST = 4.0  # more would show noise
HAZE = 0.05  # of `FULL`, that is taken off
SMOOTH, REACH = 1.0, 3  # px: sigma of the Gaussian, and how far it is followed
PALE = 1.0  # stronger haematoxylin stands out from the brown by itself
LOOKS, LOOK = 8, 64  # strips that are looked at, and their rows
BROWN, BLUE, GREEN = 0.02, 0.003, 0.01  # shares, at least and at most; see `benchmarks.stains --sets`
ALLOWED = 0.65  # mean squared flow error of a nucleus, by default 0.4; see benchmarks/README.md, stains
LIGHT = 128  # median of the brightest channel: light comes through
GLASS = 230  # all channels from here on: nothing is there

DENSITY = -np.log10(np.maximum(np.arange(256), 1) / np.float32(255)).astype(np.float32)
UNMIXED = np.linalg.pinv(np.array([HAEMATOXYLIN, DAB]))[:, 0].astype(np.float32)  # density → haematoxylin


@dataclass(frozen=True)
class Haematoxylin:
    """An image in DAB, by rows like any other, as if it had been stained with haematoxylin alone."""

    image: Rows
    height: int  # of the image, px
    strength: float  # of the stain that is shown; counterstains are pale

    def rows(self, y0: int, y1: int) -> NDArray[np.uint8]:
        """`(y1 - y0, W, 3)` 8-bit steps."""
        top = max(y0 - REACH, 0)
        found = smoothed(self.image.rows(top, min(y1 + REACH, self.height)))[y0 - top : y1 - top]
        held_back = np.maximum(self.strength * found - HAZE * FULL, 0) / (1 - HAZE)
        return np.stack([255 * 10 ** (-share * held_back) for share in HAEMATOXYLIN], axis=2).astype(np.uint8)


def lenient(tracking: Tracking, strength: float) -> Tracking:
    """What follows the network where haematoxylin is seen with `strength`; as it is where that is 0."""
    if not strength or not tracking.flow_threshold:
        return tracking
    return replace(tracking, flow_threshold=max(tracking.flow_threshold, ALLOWED))


def shown(image: Rows, height: int, strength: float) -> Rows:
    """What the network sees of an image of so many rows whose `find_strength` is known."""
    return Haematoxylin(image, height, strength) if strength else image


def find_strength(image: Rows, shape: tuple[int, int]) -> float:
    """How much stronger the haematoxylin of an image of `shape` is to be shown; 0 where it is not in DAB.

    A few rows are looked at, the same ones whoever asks.
    """
    tops = np.unique(np.linspace(0, max(shape[0] - LOOK, 0), LOOKS).astype(int))
    looks = [image.rows(top, min(top + LOOK, shape[0])) for top in tops.tolist()]
    tissue = [(rows < GLASS).any(axis=2) for rows in looks]
    pixels = np.concatenate([rows[here] for rows, here in zip(looks, tissue, strict=True)])
    if (pixels[:, 0] == pixels[:, 2]).all():
        return 0.0  # gray, or nothing
    if not in_dab(pixels):
        return 0.0
    amounts = np.concatenate([smoothed(rows)[here] for rows, here in zip(looks, tissue, strict=True)])
    full = max(float(np.percentile(amounts, AT)), 1e-3)
    return 0.0 if full > PALE else min(max(FULL / full, 1.0), STRONGEST)


def in_dab(pixels: NDArray[np.uint8]) -> bool:
    """Whether `(N, 3)` pixels are bright and some are brown and some blue."""
    brown, blue, green = shares(pixels)
    return bool(np.median(pixels.max(axis=1)) > LIGHT and brown > BROWN and blue > BLUE and green < GREEN)


def smoothed(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """`(h, W, 3)` → `(h, W)` as `amount`, without grain."""
    found: NDArray[np.float32] = gaussian_filter(amount(pixels), SMOOTH, radius=REACH, mode="nearest")
    return found


def amount(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """`(…, 3)` → `(…)` optical density of the haematoxylin in light through it and DAB."""
    found = np.zeros(pixels.shape[:-1], np.float32)
    for channel, share in enumerate(UNMIXED):
        found += (DENSITY * share)[pixels[..., channel]]
    return np.maximum(found, 0)


def shares(pixels: NDArray[np.uint8]) -> tuple[float, float, float]:
    """Parts of `(N, 3)` pixels: brown, as no haematoxylin and eosin are; blue; and green, as no stain is."""
    red, green, blue = DENSITY[pixels].T
    is_brown = (blue > 0.25) & (blue > 1.25 * green) & (green > red)
    is_blue = (red > 0.15) & (red > blue) & (green > blue)
    is_green = (np.minimum(red, blue) > 0.15) & (green < 0.8 * np.minimum(red, blue))
    return float(is_brown.mean()), float(is_blue.mean()), float(is_green.mean())
