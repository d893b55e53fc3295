"""F1 of given weights on given samples, by all the scales of a prediction and their merging."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from app.cells import find_cells
from app.network.scales import AUTO, rescaled, scaled, worth_running
from app.read import Pixels
from app.settings import Merging, Tracking
from evaluation.matching import match
from training.data import Sample
from training.precision import fastest
from training.tuning.crops import scales_of

LARGEST = 512  # px a side, at the scale of the cells, that is judged: the piece with most of them
STRIDE = 32  # the network halves a side five times
HIDDEN = 0.5  # of a found cell on unknown ground, from which it counts neither way

Band = tuple[NDArray[np.float32], NDArray[np.float32]]  # flow (2, h, w), probability (h, w)


@torch.no_grad()
def verdict(model: nn.Module, state: Mapping[str, torch.Tensor], samples: Sequence[Sample]) -> float:
    """Mean F1 at IoU 0.5 over `samples` of `model` with `state`, which it keeps."""
    model.load_state_dict(dict(state))
    return float(np.mean([judged(model, sample) for sample in samples]))


def judged(model: nn.Module, sample: Sample) -> float:
    """F1 on one sample."""
    image, true, scales = view(sample)
    shape = true.shape[0], true.shape[1]
    bands = [(scale, seen(model, image, shape, scale)) for scale in scales]
    found = find_cells(bands, shape, Tracking(), Merging()).labels
    return match(np.maximum(true, 0), known(found, true)).f1


def seen(model: nn.Module, image: NDArray[np.uint8], shape: tuple[int, int], scale: float) -> Band:
    """What the network says of `image` `(H, W, 3)` at `scale`."""
    height, width = scaled(shape, scale)
    rows = rescaled(Pixels(image), shape, scale).rows(0, height)
    tensor = torch.from_numpy(np.ascontiguousarray(rows.transpose(2, 0, 1), np.float32) / 255)
    padded = F.pad(tensor, (0, -width % STRIDE, 0, -height % STRIDE))
    with fastest():
        output = model(padded[None].contiguous(memory_format=torch.channels_last))
    output = output[0, :, :height, :width].float()
    return np.ascontiguousarray(output[:2].numpy()), output[2].sigmoid().numpy()


def view(sample: Sample) -> tuple[NDArray[np.uint8], NDArray[np.int32], tuple[float, ...]]:
    """The piece that is judged, `(H, W, 3)` and its labels, and the scales that it is seen at.

    Scales finer than twice that at which its cells are found are left out: they cost most, and
    the sizes that one scale is trusted with end far below these cells.
    """
    scale = scales_of(sample.diameter)[0]
    side = round(LARGEST / scale)
    height, width = sample.labels.shape
    places = [
        np.s_[y : y + side, x : x + side]
        for y in range(0, max(height - side // 2, 1), side)
        for x in range(0, max(width - side // 2, 1), side)
    ]
    place = max(places, key=lambda place: len(np.unique(sample.labels[place])))
    labels = sample.labels[place]
    worth = worth_running(AUTO, (labels.shape[0], labels.shape[1]))
    return sample.image[place], labels, tuple(each for each in worth if each <= 2 * scale) or worth[-1:]


def known(found: NDArray[np.int32], true: NDArray[np.int32]) -> NDArray[np.int32]:
    """`found` without cells on ground of which nobody said what it is: they may be right."""
    if not (true < 0).any():
        return found
    hidden = np.bincount(found.ravel(), weights=(true < 0).ravel()) / np.bincount(found.ravel()).clip(1)
    return np.where(hidden[found] > HIDDEN, 0, found).astype(np.int32)
