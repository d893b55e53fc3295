"""What changes the look of a crop and not its geometry: MONAI's transforms and the cell-aware two."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from app.network.stains import DAB, HAEMATOXYLIN

EXCLUSION_FLOOR = 196  # px; smaller cells keep their boundary (published training code)
CHOSEN_CELLS = 0.4  # of the cells of a crop get a brightness of their own (paper, sec. 4)
BRIGHTNESS = (1.0, 1.7)
BRIGHT, COLOURED = 0.45, 0.04  # mean value, and mean spread of the channels, of stained tissue in white light
DARKEST = 1 / 255
EOSIN = (0.07, 0.99, 0.11)  # density in red, green, blue
STAINS = torch.tensor([HAEMATOXYLIN, EOSIN])
ALONE = 0.3  # of the restained crops show haematoxylin alone, as app/network/stains.py does with DAB
PALE = (0.25, 0.9)  # of their haematoxylin above the ground, that pale nuclei keep
COUNTERSTAINS = torch.tensor([EOSIN, DAB, DAB, (0.10, 0.75, 0.62)])


def diversify(image: torch.Tensor, labels: torch.Tensor, p: float, rng: np.random.Generator) -> torch.Tensor:
    """The paper's intensity augmentations, each with probability `p`, clipped to [0, 1].

    image (3, S, S) float32 in [0, 1], labels (S, S) int32.
    """
    from monai import transforms as mt

    if rng.random() < 2 * p and stained(image):
        image = restain(image, labels, rng)
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
    # MONAI hands back its own subclass, whose dispatch would slow every step down to the loss
    return image.clamp(0, 1).float().as_subclass(torch.Tensor)


def stained(image: torch.Tensor) -> bool:
    """Whether a `(3, S, S)` image is of coloured light: bright, and its channels differ."""
    return bool(image.mean() > BRIGHT and (image.amax(0) - image.amin(0)).mean() > COLOURED)


def restain(image: torch.Tensor, labels: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """The same tissue in other stains: haematoxylin in blue to violet, the other in pink to DAB's brown.

    Stains are told apart in optical density (Ruifrok & Johnston, Anal. Quant.
    Cytol. Histol. 23, 2001), and put together again in other colours and
    strengths. Few sets are stained tissue, and none of them is DAB. In half of
    the crops some nuclei are pale, as the stroma's are beside a tumour's.
    """
    density = -torch.log10(image.clamp(min=DARKEST))  # (3, S, S)
    amounts = torch.einsum("sc,chw->shw", torch.linalg.pinv(STAINS.T), density).clamp(min=0)
    if rng.random() < 0.5:
        amounts[0] = pale_nuclei(amounts[0], labels, rng)
    if rng.random() < ALONE:
        return haematoxylin(amounts[0], rng)
    other = COUNTERSTAINS[rng.integers(len(COUNTERSTAINS))]
    colours = torch.stack([STAINS[0], other]) + 0.06 * torch.from_numpy(rng.standard_normal((2, 3))).float()
    strengths = torch.from_numpy(np.exp(rng.uniform(np.log((0.5, 0.5)), np.log((1.3, 7.0))))).float()
    mixed = torch.einsum("shw,sc->chw", amounts * strengths[:, None, None], colours.clamp(min=0))
    return (10**-mixed).clamp(0, 1)


def pale_nuclei(amount: torch.Tensor, labels: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """`(S, S)` of the stain: of what is above the ground, each of CHOSEN_CELLS keeps its own part."""
    ground = labels == 0
    if ground.all() or not ground.any():
        return amount
    kept = per_cell(labels, PALE, rng)
    kept = torch.nn.functional.avg_pool2d(kept[None], 3, stride=1, padding=1, count_include_pad=False)[0]
    level = amount[ground].median()
    return level + (amount - level) * torch.where(amount > level, kept, 1.0)


def haematoxylin(amount: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """`(S, S)` of the stain → `(3, S, S)`: the light that it lets through, in its colour or gray."""
    amount = amount * float(np.exp(rng.uniform(np.log(0.7), np.log(3.0))))
    colour = STAINS[0] if rng.random() < 0.7 else STAINS[0].mean().expand(3)
    return 10 ** -(amount * colour[:, None, None])


def brighten_cells(image: torch.Tensor, labels: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Cell-aware intensity: 40 % of the cells, each times its own 1.0 to 1.7 (paper, sec. 4)."""
    return image * per_cell(labels, BRIGHTNESS, rng)


def per_cell(labels: torch.Tensor, between: tuple[float, float], rng: np.random.Generator) -> torch.Tensor:
    """`(S, S)`: on each of CHOSEN_CELLS its own factor of that range, 1 elsewhere."""
    cells = torch.unique(labels)
    cells = cells[cells > 0]
    if not len(cells):
        return torch.ones(labels.shape)
    chosen = cells[torch.from_numpy(rng.random(len(cells)) < CHOSEN_CELLS)]
    factors = torch.ones(int(cells.max()) + 1)
    factors[chosen.long()] = torch.from_numpy(rng.uniform(*between, len(chosen))).float()
    return factors[labels.clamp(min=0).long()]


def exclude_boundary(labels: torch.Tensor) -> torch.Tensor:
    """Boundary pixels of cells of 196 px and more become background, for coarse public labels."""
    from skimage.segmentation import find_boundaries

    array: NDArray[np.int32] = labels.numpy()
    inside = np.maximum(array, 0)
    boundary = find_boundaries(array, connectivity=1, mode="thick")
    boundary &= (np.bincount(inside.ravel())[inside] >= EXCLUSION_FLOOR) & (array > 0)
    return torch.from_numpy(np.where(boundary, 0, array).astype(np.int32))
