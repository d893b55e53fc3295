"""F1 of given weights on given samples, at the scale at which a prediction would find the cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from app.cells import track
from app.settings import Tracking
from evaluation.matching import match
from training.data import Sample
from training.tuning.crops import scales_of

LARGEST = 768  # px a side that is judged; the piece with most cells of a larger image
STRIDE = 32  # the network halves a side five times
HIDDEN = 0.5  # of a found cell on unknown ground, from which it counts neither way


@torch.no_grad()
def verdict(model: nn.Module, state: Mapping[str, torch.Tensor], samples: Sequence[Sample]) -> float:
    """Mean F1 at IoU 0.5 over `samples` of `model` with `state`, which it keeps."""
    model.load_state_dict(dict(state))
    return float(np.mean([judged(model, sample) for sample in samples]))


def judged(model: nn.Module, sample: Sample) -> float:
    """F1 on one sample."""
    image, true = view(sample)
    height, width = true.shape
    padded = F.pad(image, (0, -width % STRIDE, 0, -height % STRIDE))
    with torch.autocast("cpu", torch.bfloat16):
        output = model(padded[None].contiguous(memory_format=torch.channels_last))
    flow, logit = output[0, :2, :height, :width].float(), output[0, 2, :height, :width].float()
    found = track(np.ascontiguousarray(flow.numpy()), logit.sigmoid().numpy(), Tracking())
    return match(np.maximum(true, 0), known(found, true)).f1


def view(sample: Sample) -> tuple[torch.Tensor, NDArray[np.int32]]:
    """The piece that is judged, `(3, H, W)` float32 in [0, 1] and its labels, at its scale."""
    scale = scales_of(sample.diameter)[0]
    side = round(LARGEST / scale)
    height, width = sample.labels.shape
    places = [
        np.s_[y : y + side, x : x + side]
        for y in range(0, max(height - side // 2, 1), side)
        for x in range(0, max(width - side // 2, 1), side)
    ]
    place = max(places, key=lambda place: len(np.unique(sample.labels[place])))
    image = torch.from_numpy(sample.image[place].transpose(2, 0, 1).astype(np.float32) / 255)
    labels = sample.labels[place]
    if scale == 1:
        return image, labels
    size = tuple(max(round(n * scale), 1) for n in labels.shape)
    image = F.interpolate(image[None], size, mode="bilinear", antialias=True, align_corners=False)[0]
    shrunk = F.interpolate(torch.from_numpy(labels)[None, None].double(), size, mode="nearest-exact")
    return image, shrunk[0, 0].numpy().astype(np.int32)


def known(found: NDArray[np.int32], true: NDArray[np.int32]) -> NDArray[np.int32]:
    """`found` without cells on ground of which nobody said what it is: they may be right."""
    if not (true < 0).any():
        return found
    hidden = np.bincount(found.ravel(), weights=(true < 0).ravel()) / np.bincount(found.ravel()).clip(1)
    return np.where(hidden[found] > HIDDEN, 0, found).astype(np.int32)
