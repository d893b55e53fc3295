"""Pairs of the split → the folder of TIFFs that every network reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import UsageError
from benchmarks.peers.exchange import LIST, Item, write, write_labels, write_list
from training.data import DataError, Pair, Sample, find_pairs, load_sample, spread_sets
from training.sampling import sampling_weights

MEGAPIXELS = 16  # of a set in training, or an image more: Cellpose keeps some 40 bytes a pixel in memory
SETS = ("dsb2018", "bbbc039", "usiigaci", "tnbc", "mnfinder")  # kinds that every network can learn in minutes


def export(data: Path, folder: Path, sets: Sequence[str], most: int, per_set: int) -> None:
    """Writes at most `most` train and `per_set` val pairs of each set below `folder`.

    Each set gets the same share of training; within it an image is drawn in
    proportion to the square root of its pixels, as in our own training. Raises
    DataError and UsageError in one line. A folder that is whole stays.
    """
    if (folder / LIST).is_file():
        return
    train = [sample for name in sets for sample in bounded(load(data, "train", [name], most))]
    val = load(data, "val", sets, per_set)
    weights = sampling_weights(train, dict.fromkeys(sets, 1 / len(sets)))
    items = [item(sample, "train", float(weight)) for sample, weight in zip(train, weights, strict=True)]
    items += [item(sample, "val", 0.0) for sample in val]
    for one, sample in zip(items, [*train, *val], strict=True):
        write(one.image(folder), pixels(sample.pair.image))
        write_labels(one.label(folder), sample.labels)
    write_list(folder, items)


def load(data: Path, split: str, sets: Sequence[str], per_set: int) -> list[Sample]:
    """The chosen pairs of a split in memory."""
    pairs: list[Pair] = [pair for pair in find_pairs(data, split) if pair.set in sets]
    missing = sorted(set(sets) - {pair.set for pair in pairs})
    if missing:
        raise UsageError(f"{data}: no {split} pairs of {', '.join(missing)}; leave them out of --sets")
    return [load_sample(pair) for pair in spread_sets(pairs, per_set)]


def bounded(samples: Sequence[Sample]) -> list[Sample]:
    """As many as `MEGAPIXELS` allow, evenly through the set."""
    whole = sum(sample.labels.size for sample in samples)
    count = min(len(samples), int(len(samples) * MEGAPIXELS * 1e6 / whole) + 1)
    return [samples[i * len(samples) // count] for i in range(count)]


def item(sample: Sample, split: str, weight: float) -> Item:
    """A row of the list."""
    return Item(split, sample.pair.set, sample.pair.id, weight, sample.diameter)


def pixels(path: Path) -> NDArray[Any]:
    """`(H, W)` or `(H, W, 3)` in the file's own depth, so that each network normalises as it is used to."""
    import imagecodecs

    image: NDArray[Any] = np.asarray(imagecodecs.imread(path))
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] not in (3, 4)):
        raise DataError(f"{path}: has the shape {image.shape}; peers take gray and RGB, leave its set out")
    return image[..., :3] if image.ndim == 3 else image
