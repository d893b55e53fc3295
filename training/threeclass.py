"""The challenge's baseline: background, interior and boundary as three classes (its repository)."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

MIN_SIZE = 16  # px
INTERIOR = 0.5  # least probability of a pixel inside a cell


def three_classes(labels: NDArray[np.int32]) -> NDArray[np.uint8]:
    """`(H, W)` labels → 0 background, 1 interior, 2 boundary; boundaries are some three pixels wide."""
    from scipy.ndimage import binary_dilation
    from skimage.segmentation import find_boundaries

    boundary = binary_dilation(find_boundaries(labels, mode="inner"))
    return np.where(boundary, 2, labels > 0).astype(np.uint8)


def class_loss(
    output: torch.Tensor, labels: torch.Tensor, _flow: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Dice and cross entropy of `(B, 3, H, W)` logits; the second part, that of the flow, is 0."""
    from monai.losses import DiceCELoss

    classes = np.stack([three_classes(one) for one in labels.cpu().numpy()])[:, None]
    target = torch.from_numpy(classes).to(output.device)
    return DiceCELoss(softmax=True, to_onehot_y=True)(output, target), output.new_zeros(())


def classes_to_labels(logits: NDArray[np.float32]) -> NDArray[np.int32]:
    """`(3, H, W)` → labels: the connected parts of the interior, small holes and parts dropped."""
    from scipy.ndimage import label
    from scipy.special import softmax
    from skimage.morphology import remove_small_holes, remove_small_objects

    interior = softmax(logits, axis=0)[1] > INTERIOR
    interior = remove_small_objects(remove_small_holes(interior, max_size=MIN_SIZE), max_size=MIN_SIZE)
    return label(interior)[0].astype(np.int32)
