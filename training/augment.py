"""One sample to one crop: geometry here, intensities in the module of that name.

Geometry moves image, labels and flow together. A zoom leaves unit vectors as
they are, a flip turns the sign of one component, a quarter turn swaps them; so
the flow of a crop is the crop of the flow, and a cell that the crop cuts still
points at its real centre. MONAI's spatial transforms would zoom the whole image
to keep one crop of it, and know nothing of vectors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from training.data import Sample
from training.intensities import diversify, exclude_boundary
from training.settings import Phase

COARSEST = 4.0  # times
FEWEST = 6.0  # px across, of a cell that can be told from its neighbours

Place = tuple[int, int] | None  # row and column; None is anywhere


@dataclass(frozen=True)
class Crop:
    """What a step learns from; `crop` × `crop` pixels."""

    image: torch.Tensor  # (3, S, S) float32 in [0, 1]
    labels: torch.Tensor  # (S, S) int32; -1 is left out of the loss
    flow: torch.Tensor  # (2, S, S) float32 unit vectors


def draw(sample: Sample, phase: Phase, rng: np.random.Generator) -> Crop:
    """A random crop; the same `rng` state gives the same crop."""
    around = None
    if phase.speck_p and rng.random() < phase.speck_p:
        around = choose_speck(sample, phase.least_diameter, rng)
    zoom = choose_zoom(sample, phase, rng, around)
    crop = geometry(sample, phase.crop, zoom, rng, around)
    image = crop.image
    if phase.coarse_p and rng.random() < phase.coarse_p:
        image = coarsen(image, sample.diameter * zoom, rng)
    image = diversify(image, crop.labels, phase.intensity_p, rng)
    labels = exclude_boundary(crop.labels) if phase.exclude_boundary else crop.labels
    if phase.least_diameter:
        labels = leave_out(labels, sample.diameters < phase.least_diameter)
    return Crop(image, trust(labels, sample.diameters * zoom, phase.trusted), crop.flow)


def leave_out(labels: torch.Tensor, cells: NDArray[np.bool_]) -> torch.Tensor:
    """-1 in place of those of `cells`, `(N + 1,)` by id."""
    return renamed(labels, np.where(cells, -1, np.arange(len(cells))).astype(np.int32))


def renamed(labels: torch.Tensor, table: NDArray[np.int32]) -> torch.Tensor:
    """Cells by what `table`, `(N + 1,)` by id, has for them; ground and what is unknown stay."""
    return torch.where(labels > 0, torch.from_numpy(table)[labels.clamp(min=0).long()], labels)


def trust(
    labels: torch.Tensor, diameters: NDArray[np.float32], trusted: tuple[float, float, float, float]
) -> torch.Tensor:
    """Labels as one scale of a prediction should find them; `diameters` are px in the crop, by id.

    Cells outside of all of `trusted` are another scale's to find, so here they
    are background; those between its outer and inner limits become -1, since
    no network can tell 109 px from 111.
    """
    none, some, most, all_ = trusted
    table = np.arange(len(diameters), dtype=np.int32)
    table[(diameters < some) | (diameters > most)] = -1
    table[(diameters < none) | (diameters > all_)] = 0
    return renamed(labels, table)


def choose_zoom(sample: Sample, phase: Phase, rng: np.random.Generator, around: Place = None) -> float:
    """Half of the time near the native scale; else anywhere that keeps cells in the target range.

    A sample is never shrunk to less than half of the crop's side, or most of a step would be padding. The
    cell at the pixel `around`, if there is one, comes out large enough to be a cell of the crop, if it can:
    a crop that is drawn for a speck, and calls it background, teaches the opposite.
    """
    diameter = sample.diameter
    if (around is None and rng.random() >= phase.zoom_p) or not diameter:
        return float(np.exp(rng.uniform(np.log(0.8), np.log(1.25))))
    low, high = phase.zoom
    low = max(low, phase.target_diameter[0] / diameter, 0.5 * phase.crop / max(sample.labels.shape))
    high = max(min(high, phase.target_diameter[1] / diameter), low)
    if around is not None:
        low = max(low, min(high, phase.trusted[1] / sample.diameters[sample.labels[around]]))
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def choose_speck(sample: Sample, least: float, rng: np.random.Generator) -> Place:
    """Row and column of one of the sample's specks of `least` px or more across, None where it has none.

    A field of a hundred nuclei has a few in fragments: hardly a crop would ever show one.
    """
    specks = sample.specks
    specks = specks[sample.diameters[sample.labels[tuple(specks.T)]] >= least]
    if not len(specks):
        return None
    row, column = specks[rng.integers(len(specks))]
    return int(row), int(column)


def geometry(sample: Sample, size: int, zoom: float, rng: np.random.Generator, around: Place = None) -> Crop:
    """Crop, zoom, one of the eight orientations, zeros around it up to `size`; see `rescale`."""
    return pad(orient(rescale(sample, size, zoom, rng, around), rng), size, rng)


def rescale(sample: Sample, size: int, zoom: float, rng: np.random.Generator, around: Place = None) -> Crop:
    """The piece of the sample that `zoom` brings to `size` pixels, or all of a smaller sample.

    It lies anywhere, or anywhere with the pixel `around` in it.
    """
    height, width = sample.labels.shape
    side = max(round(size / zoom), 8)
    h, w = min(side, height), min(side, width)
    first, last = (0, 0), (height - h, width - w)
    if around is not None:
        first = (max(around[0] - h + 1, 0), max(around[1] - w + 1, 0))
        last = (min(around[0], last[0]), min(around[1], last[1]))
    y = int(rng.integers(first[0], last[0] + 1))
    x = int(rng.integers(first[1], last[1] + 1))
    out = (min(max(round(h * zoom), 1), size), min(max(round(w * zoom), 1), size))

    window = np.s_[y : y + h, x : x + w]
    image = torch.from_numpy(sample.image[window].transpose(2, 0, 1).astype(np.float32) / 255)
    labels = torch.from_numpy(sample.labels[window].astype(np.int32))
    flow = torch.from_numpy(sample.flow[(slice(None), *window)].astype(np.float32))
    if out != (h, w):
        image = F.interpolate(image[None], out, mode="bilinear", antialias=zoom < 1, align_corners=False)[0]
        # nearest-exact keeps labels and flow on the grid of the image; ids survive float32 up to 2**24
        labels = F.interpolate(labels[None, None].float(), out, mode="nearest-exact")[0, 0].int()
        flow = F.interpolate(flow[None], out, mode="nearest-exact")[0]
    return Crop(image, labels, flow)


def orient(crop: Crop, rng: np.random.Generator) -> Crop:
    """One of the eight orientations: two flips and a transposition, each on half of the crops."""
    if rng.random() < 0.5:
        crop = flip(crop, 1)
    if rng.random() < 0.5:
        crop = flip(crop, 0)
    return transpose(crop) if rng.random() < 0.5 else crop


def coarsen(image: torch.Tensor, diameter: float, rng: np.random.Generator) -> torch.Tensor:
    """`(3, S, S)` without what is lost at a `COARSEST`-th of its size; cells, px across, keep FEWEST px.

    Small cells are found at a scale of 2, in images that were enlarged; few sets have cells so small.
    """
    most = min(COARSEST, diameter / FEWEST)
    if most <= 1:
        return image
    size = image.shape[1]
    small = max(round(size / rng.uniform(1, most)), 1)
    less = F.interpolate(image[None], (small, small), mode="bilinear", antialias=True, align_corners=False)
    return F.interpolate(less, (size, size), mode="bilinear", align_corners=False)[0]


def flip(crop: Crop, axis: int) -> Crop:
    """Mirrored along `axis` (0 down, 1 across); that component of the flow changes its sign."""
    sign = torch.ones(2, 1, 1)
    sign[axis] = -1
    return Crop(crop.image.flip(axis + 1), crop.labels.flip(axis), crop.flow.flip(axis + 1) * sign)


def transpose(crop: Crop) -> Crop:
    """Rows become columns; the components of the flow change places."""
    return Crop(crop.image.transpose(1, 2), crop.labels.T, crop.flow.transpose(1, 2).flip(0))


def pad(crop: Crop, size: int, rng: np.random.Generator) -> Crop:
    """Zeros up to `size` × `size`, the crop anywhere among them."""
    bottom, right = size - crop.labels.shape[0], size - crop.labels.shape[1]
    top, left = int(rng.integers(0, bottom + 1)), int(rng.integers(0, right + 1))
    around = (left, right - left, top, bottom - top)
    return Crop(F.pad(crop.image, around), F.pad(crop.labels, around), F.pad(crop.flow, around))
