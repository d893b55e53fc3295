"""Cell-aware intensities touch cells only; boundary exclusion touches boundaries only."""

from __future__ import annotations

import numpy as np
import torch
from scipy.ndimage import binary_erosion

from training.intensities import (
    brighten_cells,
    diversify,
    exclude_boundary,
    pale_nuclei,
    restain,
    stained,
)


def test_some_cells_are_brightened_and_the_ground_is_not(synthetic_field):
    _, labels = synthetic_field(128, 128, 25, 1)
    labels = torch.from_numpy(labels)
    image = torch.full((3, 128, 128), 0.5)
    changed = brighten_cells(image, labels, np.random.default_rng(0)) / image
    assert (changed[:, labels == 0] == 1).all()
    factors = [changed[0][labels == cell].unique() for cell in range(1, int(labels.max()) + 1)]
    assert all(len(f) == 1 for f in factors)  # a cell as a whole
    factors = torch.cat(factors)
    assert 0.15 < (factors > 1).float().mean() < 0.65  # 40 % of them
    assert factors.max() <= 1.7


def test_an_image_without_cells_stays():
    image = torch.rand(3, 16, 16)
    labels = torch.zeros(16, 16, dtype=torch.int32)
    assert torch.equal(brighten_cells(image, labels, np.random.default_rng(0)), image)


def test_probability_zero_changes_nothing():
    image = torch.rand(3, 32, 32)
    labels = torch.zeros(32, 32, dtype=torch.int32)
    assert torch.allclose(diversify(image, labels, 0.0, np.random.default_rng(0)), image)


def test_boundaries_of_large_cells_become_background_and_small_cells_stay():
    labels = np.zeros((64, 64), np.int32)
    labels[10:30, 10:30] = 1  # 400 px
    labels[10:30, 30:50] = 2  # touches it
    labels[45:50, 45:50] = 3  # 25 px, under the floor
    labels[40:64, 0:24] = 4  # cut by the crop
    excluded = exclude_boundary(torch.from_numpy(labels)).numpy()
    assert (excluded == 3).sum() == 25
    assert (excluded[10:30, 29:31] == 0).all()  # touching cells are parted
    assert (excluded == 1).sum() == 18 * 18
    assert (excluded[63, 1:22] == 4).all()  # the crop's edge is no boundary
    assert ((excluded == labels) | (excluded == 0)).all()


def test_restained_tissue_keeps_its_nuclei_dark() -> None:
    """DAB was never seen: of sixty nuclei in brown tissue one was found."""
    image = torch.full((3, 8, 8), 0.95)
    image[:, :4] = torch.tensor([0.45, 0.35, 0.6])[:, None, None]  # haematoxylin
    image[:, 4:, 4:] = torch.tensor([0.9, 0.6, 0.75])[:, None, None]  # eosin
    assert stained(image)
    nobody = torch.zeros(8, 8, dtype=torch.int32)
    looks = [restain(image, nobody, np.random.default_rng(seed)) for seed in range(8)]
    for look in looks:
        assert look.shape == image.shape
        assert 0 <= look.min() <= look.max() <= 1
        assert look[0, 0, 0] < look[0, 6, 1]  # red light is what haematoxylin takes
    browns = [look for look in looks if look[0, 6, 6] > 1.2 * look[2, 6, 6]]
    assert browns


def test_pale_nuclei_keep_some_of_their_stain_and_the_ground_all(synthetic_field) -> None:
    """Of a DAB slide's nuclei the pale ones were missed: tissue that was learnt from has few."""
    _, labels = synthetic_field(128, 128, 25, 1)
    labels = torch.from_numpy(labels)
    amount = torch.where(labels > 0, 1.0, 0.1)
    paler = pale_nuclei(amount, labels, np.random.default_rng(0))
    assert torch.allclose(paler[labels == 0], amount[labels == 0])
    inside = torch.from_numpy(binary_erosion(labels.numpy() > 0, iterations=2))
    kept = (paler[inside] - 0.1) / 0.9
    assert 0.25 <= kept.min() <= kept.max() <= 1.0 + 1e-6
    assert 0.15 < (kept < 0.95).float().mean() < 0.65  # 40 % of them


def test_fluorescence_is_not_stained() -> None:
    """Dark ground and gray images have no stains to tell apart."""
    assert not stained(torch.rand(3, 16, 16) * 0.2)
    assert not stained(torch.full((3, 16, 16), 0.8))
