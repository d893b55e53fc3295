"""Samples of consecutive frames: one window and one augmentation for all frames of a sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch.nn import functional as F

from training.augment import Crop, choose_zoom, geometry, trust
from training.batches import Batch
from training.data import Sample
from training.films import Clip, Place
from training.intensities import diversify
from training.sampling import sampling_weights
from training.settings import Phase

CELLS = 0.7  # of the draws: the crop holds a cell's pixel; the others lie anywhere
MARGIN = 8  # px that a frame is continued by where frames are stacked: smoothing reaches so far


class SequenceBatches:
    """Batch `step` is a pure function of the seed and the step, as in `training.batches`."""

    def __init__(self, clips: Sequence[Clip], phase: Phase) -> None:
        """The clips are of one length, T frames."""
        self.clips = clips
        self.phase = phase
        self.weights = sampling_weights([clip.frames[0] for clip in clips], phase.sets)
        self.cells = [clip.cells() for clip in clips]

    def __call__(self, step: int) -> Batch:
        """`(B·T, 3, S, S)` image, `(B·T, S, S)` labels, `(B·T, 2, S, S)` flow; a sample's frames follow
        one another."""
        rng = np.random.default_rng([self.phase.seed, step])
        chosen = rng.choice(len(self.clips), self.phase.batch, p=self.weights)
        crops = [crop for i in chosen for crop in self.draw(i, rng)]
        return (
            torch.stack([c.image for c in crops]),
            torch.stack([c.labels for c in crops]),
            torch.stack([c.flow for c in crops]),
        )

    def draw(self, index: int, rng: np.random.Generator) -> list[Crop]:
        """T crops of one clip: the same place of the field, zoom, orientation and intensities."""
        clip = self.clips[index]
        zoom = choose_zoom(clip.frames[0], self.phase, rng)
        side = max(round(self.phase.crop / zoom), 8)
        corner, shape = self.window(index, side, rng)
        seed = rng.integers(2**31)
        crops = []
        for frame, place in zip(clip.frames, clip.places, strict=True):
            here = cut(frame, (corner[0] - place[0], corner[1] - place[1]), shape)
            # the same state of the same generator: what is drawn depends on the window's size only
            crop = geometry(here, self.phase.crop, zoom, np.random.default_rng(seed))
            crops.append(replace(crop, labels=trust(crop.labels, frame.diameters * zoom, self.phase.trusted)))
        images = same_intensities([crop.image for crop in crops], self.phase.intensity_p, rng)
        return [replace(crop, image=image) for crop, image in zip(crops, images, strict=True)]

    def window(self, index: int, side: int, rng: np.random.Generator) -> tuple[Place, tuple[int, int]]:
        """Corner in the field and size of a window of `side` px, or of all that is there."""
        y0, x0, y1, x1 = self.clips[index].field
        h, w = min(side, y1 - y0), min(side, x1 - x0)
        low, high = np.array([y0, x0]), np.array([y1 - h, x1 - w])  # where a corner may lie
        if len(self.cells[index]) and rng.random() < CELLS:
            cell = self.cells[index][rng.integers(len(self.cells[index]))]
            low, high = np.maximum(low, cell + 1 - [h, w]), np.minimum(high, cell)
        y, x = rng.integers(low, high + 1)
        return (int(y), int(x)), (h, w)


def cut(sample: Sample, corner: Place, shape: tuple[int, int]) -> Sample:
    """A window of `shape` px at `corner`, zeros where it is beyond the frame."""
    h, w = shape
    height, width = sample.labels.shape
    y0, x0, y1, x1 = (
        max(corner[0], 0),
        max(corner[1], 0),
        min(corner[0] + h, height),
        min(corner[1] + w, width),
    )
    image = np.zeros((h, w, 3), np.uint8)
    labels = np.zeros((h, w), np.int32)
    flow = np.zeros((2, h, w), np.float16)
    if y0 < y1 and x0 < x1:
        into = np.s_[y0 - corner[0] : y1 - corner[0], x0 - corner[1] : x1 - corner[1]]
        image[into] = sample.image[y0:y1, x0:x1]
        labels[into] = sample.labels[y0:y1, x0:x1]
        flow[:, *into] = sample.flow[:, y0:y1, x0:x1]
    return Sample(sample.pair, image, labels, flow, sample.modality)


def same_intensities(
    frames: Sequence[torch.Tensor], p: float, rng: np.random.Generator
) -> list[torch.Tensor]:
    """T images `(3, S, S)` with contrast, blur, channels and so on drawn once, for all of them.

    They are one tall picture to `diversify`; each is continued by its own
    edges, or a blur would carry one into the next. Cells don't get a
    brightness of their own: ids say nothing of the frame before.
    """
    tall = torch.cat([F.pad(image[None], (0, 0, MARGIN, MARGIN), "replicate")[0] for image in frames], dim=1)
    tall = diversify(tall, torch.zeros(tall.shape[1:], dtype=torch.int32), p, rng)
    return [piece[:, MARGIN:-MARGIN] for piece in tall.chunk(len(frames), dim=1)]
