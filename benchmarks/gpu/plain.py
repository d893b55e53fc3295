"""The network as it would be run by hand: eager, float32, windows one behind the other in batches of four.

The arithmetic is that of MONAI's `sliding_window_inference` with Gaussian importance, to which
tests/network/test_passes.py holds ours. Nothing of ours is in it but the network's layers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

OVERLAP, SIGMA, LEAST = 0.6, 0.125, 1e-3  # of a window; of a window; of the importance
BATCH = 4
VIEWS = (None, 3, 2)  # the axis of (1, 3, H, W) that is mirrored: none, x, y


@torch.inference_mode()
def predict(
    models: Sequence[torch.nn.Module], image: NDArray[np.uint8], size: int, device: torch.device
) -> tuple[NDArray[np.float32], int]:
    """`(H, W, 3)` 8-bit steps → `(3, H, W)` flow y, flow x, probability, and the windows that it took.

    H and W are at least `size`.
    """
    batch = torch.from_numpy(image).to(device).permute(2, 0, 1)[None].float() / 255  # (1, 3, H, W)
    total, windows = torch.zeros_like(batch), 0
    for model in models:
        for axis in VIEWS:
            output, count = slide(model, batch if axis is None else batch.flip(axis), size)
            if axis is not None:
                output = output.flip(axis)
                output[:, axis - 2] *= -1  # a mirrored flow points the other way along the mirrored axis
            total, windows = total + output, windows + count
    mean = total[0] / (len(models) * len(VIEWS))  # (3, H, W)
    return torch.cat((mean[:2], mean[2:].sigmoid())).cpu().numpy(), windows


def slide(model: torch.nn.Module, batch: torch.Tensor, size: int) -> tuple[torch.Tensor, int]:
    """`(1, 3, H, W)` → the same shape: the mean over all windows, by importance; and how many they are."""
    line = torch.arange(size, device=batch.device) - (size - 1) / 2
    line = torch.exp(-(line**2) / (2 * (SIGMA * size) ** 2))
    importance = torch.outer(line, line).clamp(min=LEAST)  # (size, size)
    corners = [(y, x) for y in starts(batch.shape[2], size) for x in starts(batch.shape[3], size)]
    sums, weights = torch.zeros_like(batch), torch.zeros_like(batch[:, :1])
    for first in range(0, len(corners), BATCH):
        some = corners[first : first + BATCH]
        windows = torch.cat([batch[:, :, y : y + size, x : x + size] for y, x in some])
        for (y, x), output in zip(some, model(windows), strict=True):
            sums[0, :, y : y + size, x : x + size] += output * importance
            weights[0, :, y : y + size, x : x + size] += importance
    return sums / weights, len(corners)


def starts(length: int, size: int) -> list[int]:
    """First pixels of windows along an axis; the last one ends with it."""
    interval = int(size * (1 - OVERLAP))
    return [*range(0, length - size, interval), length - size]
