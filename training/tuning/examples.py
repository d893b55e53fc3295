"""Images and labels of a laboratory as samples, some of them held back to judge by."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.cells.diffusion import labels_to_flow
from app.network.stains import find_strength, shown
from app.read import Pixels
from training.data import DataError, Pair, Sample, load_image
from training.labels import read_drawn

logger = logging.getLogger(__name__)
HOLD_BACK_FROM = 4  # images; with fewer each is needed to learn from
ONE_IN = 5
SIZES_APART = 4.0  # times: medians of two images that are worth a word


@dataclass(frozen=True)
class Examples:
    """What is learnt from and what only judges."""

    taught: tuple[Sample, ...]
    held: tuple[Sample, ...]  # empty where the images are too few for a claim

    def as_seen(self) -> Examples:
        """All of them as a prediction's network sees them."""
        return Examples(tuple(map(as_seen, self.taught)), tuple(map(as_seen, self.held)))


def as_seen(sample: Sample) -> Sample:
    """Of tissue in DAB the haematoxylin alone, all else as it is. Whose look it is, is asked before."""
    image, height = Pixels(sample.image), sample.image.shape[0]
    strength = find_strength(image, (height, sample.image.shape[1]))
    return replace(sample, image=shown(image, height, strength).rows(0, height)) if strength else sample


def load_example(pair: Pair, *, partial: bool) -> Sample:
    """One image and its label, of any kind; raises DataError or ReadError in one line."""
    image, _ = load_image(pair.image)
    labels = read_drawn(pair.label, (image.shape[0], image.shape[1]), partial=partial)
    flow = labels_to_flow(np.maximum(labels, 0)).astype(np.float16)
    return Sample(pair, image, labels, flow, pair.set)


def load_examples(pairs: Sequence[Pair], *, partial: bool = False) -> Examples:
    """All pairs, checked; raises DataError where none of them shows a cell."""
    samples = []
    for pair in pairs:
        sample = load_example(pair, partial=partial)
        if sample.diameter or not partial:
            samples.append(sample)
        if not sample.diameter:
            fate = "left out, since nothing in it is known" if partial else "kept as background"
            logger.warning("%s: no cell is drawn; %s", pair.label, fate)
    cells = [sample for sample in samples if sample.diameter]
    if not cells:
        raise DataError(f"{pairs[0].label}: no cell is drawn, nor in any other label; draw some")
    small, large = min(cells, key=size), max(cells, key=size)
    if large.diameter > SIZES_APART * small.diameter:
        logger.warning(
            "cells are %.0f px across in %s and %.0f px in %s: each is learnt at its own scale",
            *(small.diameter, small.pair.image.name, large.diameter, large.pair.image.name),
        )
    return divide(samples)


def size(sample: Sample) -> float:
    return sample.diameter


def divide(samples: Sequence[Sample]) -> Examples:
    """Holds one in five back, evenly, from four images on; never all that show cells."""
    cells = [sample for sample in samples if sample.diameter]
    if len(cells) < HOLD_BACK_FROM:
        return Examples(tuple(samples), ())
    count = max(len(cells) // ONE_IN, 1)
    held = [cells[(2 * i + 1) * len(cells) // (2 * count)] for i in range(count)]
    return Examples(tuple(s for s in samples if not any(s is h for h in held)), tuple(held))
