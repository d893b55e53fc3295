"""One sample to one crop: geometry here, intensities through MONAI.

Geometry moves image, labels and flow together. A zoom leaves unit vectors as
they are, a flip turns the sign of one component, a quarter turn swaps them; so
the flow of a crop is the crop of the flow, and a cell that the crop cuts still
points at its real centre.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from training.data import Sample
from training.settings import Phase

EXCLUSION_FLOOR = 196  # px; smaller cells keep their boundary (published training code)


@dataclass(frozen=True)
class Crop:
    """What a step learns from; `crop` × `crop` pixels."""

    image: torch.Tensor  # (3, S, S) float32 in [0, 1]
    labels: torch.Tensor  # (S, S) int32
    flow: torch.Tensor  # (2, S, S) float32 unit vectors


def draw(sample: Sample, phase: Phase, rng: np.random.Generator) -> Crop:
    """A random crop; the same `rng` state gives the same crop."""
    crop = geometry(sample, phase.crop, choose_zoom(sample.diameter, phase, rng), rng)
    image = intensities(crop.image, crop.labels, phase.intensity_p, rng)
    labels = exclude_boundary(crop.labels) if phase.exclude_boundary else crop.labels
    return Crop(image, labels, crop.flow)


def choose_zoom(diameter: float, phase: Phase, rng: np.random.Generator) -> float:
    """Half of the time near the native scale; else anywhere that keeps cells in the target range."""
    if rng.random() >= phase.zoom_p or not diameter:
        return float(np.exp(rng.uniform(np.log(0.8), np.log(1.25))))
    low, high = phase.zoom
    low = max(low, phase.target_diameter[0] / diameter)
    high = max(min(high, phase.target_diameter[1] / diameter), low)
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def geometry(sample: Sample, size: int, zoom: float, rng: np.random.Generator) -> Crop:
    """Crop, zoom, flip, quarter turn, pad with zeros to `size`."""
    height, width = sample.labels.shape
    side = max(int(round(size / zoom)), 8)
    h, w = min(side, height), min(side, width)
    # a window may lie partly outside, so that borders are not seen less often than the middle
    y = int(rng.integers(0, height - h + 1))
    x = int(rng.integers(0, width - w + 1))
    out = (min(max(int(round(h * zoom)), 1), size), min(max(int(round(w * zoom)), 1), size))

    window = np.s_[y : y + h, x : x + w]
    image = torch.from_numpy(sample.image[window].transpose(2, 0, 1).astype(np.float32) / 255)
    labels = torch.from_numpy(sample.labels[window].astype(np.int32))
    flow = torch.from_numpy(sample.flow[(slice(None), *window)].astype(np.float32))
    if out != (h, w):
        image = F.interpolate(image[None], out, mode="bilinear", antialias=zoom < 1, align_corners=False)[0]
        # ids survive float32 up to 2**24; nearest-exact keeps image and labels on one grid
        labels = F.interpolate(labels[None, None].float(), out, mode="nearest-exact")[0, 0].int()
        flow = F.interpolate(flow[None], out, mode="nearest-exact")[0]

    if rng.random() < 0.5:
        image, labels, flow = image.flip(2), labels.flip(1), flow.flip(2) * torch.tensor([1.0, -1.0]).view(2, 1, 1)
    if rng.random() < 0.5:
        image, labels, flow = image.flip(1), labels.flip(0), flow.flip(1) * torch.tensor([-1.0, 1.0]).view(2, 1, 1)
    if rng.random() < 0.5:  # with the flips this gives all eight orientations
        image, labels, flow = image.transpose(1, 2), labels.T, flow.transpose(1, 2).flip(0)

    bottom, right = size - labels.shape[0], size - labels.shape[1]
    top, left = int(rng.integers(0, bottom + 1)), int(rng.integers(0, right + 1))
    pad = (left, right - left, top, bottom - top)
    return Crop(F.pad(image, pad), F.pad(labels, pad), F.pad(flow, pad))


def intensities(
    image: torch.Tensor, labels: torch.Tensor, p: float, rng: np.random.Generator
) -> torch.Tensor:
    """The paper's intensity augmentations, each with probability `p`, clipped to [0, 1]."""
    from monai import transforms as mt

    if rng.random() < p:
        image = brighten_cells(image, labels, rng)
    transforms = [
        mt.RandGaussianNoise(prob=p, mean=0.0, std=0.1),
        mt.RandAdjustContrast(prob=p, gamma=(0.5, 2.0)),
        mt.RandGaussianSmooth(prob=p, sigma_x=(0.5, 1.5), sigma_y=(0.5, 1.5)),
        mt.RandHistogramShift(prob=p, num_control_points=3),
        mt.RandGaussianSharpen(prob=p, sigma1_x=(0.5, 1.0), sigma1_y=(0.5, 1.0), alpha=(1.0, 5.0)),
    ]
    for transform in transforms:
        transform.set_random_state(int(rng.integers(2**31)))
        image = torch.as_tensor(transform(image))
    if rng.random() < p:  # stains and false colours: no channel means the same everywhere
        image = image[torch.from_numpy(rng.permutation(3))]
    if rng.random() < p / 2:  # dark cells on light ground and light cells on dark
        image = 1 - image
    return image.clamp(0, 1).float()


def brighten_cells(
    image: torch.Tensor, labels: torch.Tensor, rng: np.random.Generator
) -> torch.Tensor:
    """Cell-aware intensity: 40 % of the cells, each times its own 1.0 to 1.7 (paper, sec. 4)."""
    cells = torch.unique(labels)
    cells = cells[cells > 0]
    if not len(cells):
        return image
    chosen = cells[torch.from_numpy(rng.random(len(cells)) < 0.4)]
    factors = torch.ones(int(cells.max()) + 1)
    factors[chosen.long()] = torch.from_numpy(rng.uniform(1.0, 1.7, len(chosen))).float()
    return image * factors[labels.long()]


def exclude_boundary(labels: torch.Tensor) -> torch.Tensor:
    """Boundary pixels of cells of 196 px and more become background, for coarse public labels."""
    from skimage.segmentation import find_boundaries

    array: NDArray[np.int32] = labels.numpy()
    areas = np.bincount(array.ravel())
    boundary = find_boundaries(array, connectivity=1, mode="thick") & (areas[array] >= EXCLUSION_FLOOR)
    return torch.from_numpy(np.where(boundary, 0, array).astype(np.int32))
