"""Pairs of image and label, checked and held in memory with their flows."""

from __future__ import annotations

import csv
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import MediarError
from app.flows.diffusion import labels_to_flow
from app.images.normalise import normalise


logger = logging.getLogger(__name__)


class DataError(MediarError):
    """A training pair is not usable; the message names it."""


@dataclass(frozen=True)
class Pair:
    """Where one image and its label lie."""

    set: str
    id: str
    image: Path
    label: Path


@dataclass(frozen=True)
class Sample:
    """One pair in memory."""

    pair: Pair
    image: NDArray[np.uint8]  # (H, W, 3), 8-bit steps as the network sees them
    labels: NDArray[np.int32]  # (H, W)
    flow: NDArray[np.float16]  # (2, H, W) unit vectors
    diameter: float  # median of the cells' equivalent diameters, px
    modality: str  # the set, with /rgb or /gray


def find_pairs(root: Path, split: str) -> list[Pair]:
    """The pairs below `root` that `root/splits.csv` gives to `split`.

    `root` holds one folder of `images/` and `labels/` per set. Without a
    splits.csv, or where `root` itself holds `images/`, all pairs are taken.
    """
    folders = [root] if (root / "images").is_dir() else sorted(p for p in root.iterdir() if (p / "images").is_dir())
    table = root / "splits.csv"
    chosen: set[tuple[str, str]] | None = None
    if table.is_file():
        with table.open(newline="") as file:
            chosen = {(row["set"], row["id"]) for row in csv.DictReader(file) if row["split"] == split}
    pairs = [pair for folder in folders for pair in pairs_in(folder) if chosen is None or (pair.set, pair.id) in chosen]
    if not pairs:
        raise DataError(f"{root}: no pairs of images/ and labels/ for the split '{split}'")
    return pairs


def pairs_in(folder: Path) -> Iterator[Pair]:
    labels = {path.stem.removesuffix("_label"): path for path in sorted((folder / "labels").glob("*.*"))}
    for image in sorted((folder / "images").glob("*.*")):
        if image.stem not in labels:
            raise DataError(f"{image}: no label of this name in {folder / 'labels'}")
        yield Pair(folder.name, image.stem, image, labels[image.stem])


def load_sample(pair: Pair) -> Sample:
    """Reads and checks one pair; raises DataError in one line."""
    import imagecodecs

    raw = imagecodecs.imread(pair.image)
    gray = raw.ndim == 2
    labels = imagecodecs.imread(pair.label)
    if labels.dtype.kind not in "ui":
        raise DataError(f"{pair.label}: labels must be whole numbers, found {labels.dtype}")
    if labels.shape != raw.shape[:2]:
        raise DataError(f"{pair.label}: is {labels.shape}, its image is {raw.shape[:2]}")
    if labels.min() == labels.max() != 0:
        raise DataError(f"{pair.label}: holds one value only ({labels.max()}); 0 is background, 1..N are cells")
    image = normalise(raw)
    image = np.repeat(image[..., None], 3, axis=2) if gray else image[..., :3]
    labels = labels.astype(np.int32)
    areas = np.bincount(labels.ravel())[1:]
    if not areas.any():
        logger.warning("%s: no cell; kept as an example of background", pair.label)
    diameter = float(np.median(2 * np.sqrt(areas[areas > 0] / np.pi))) if areas.any() else 0.0
    flow = labels_to_flow(labels).astype(np.float16)
    return Sample(pair, image, labels, flow, diameter, f"{pair.set}/{'gray' if gray else 'rgb'}")


def load_samples(pairs: Sequence[Pair]) -> list[Sample]:
    """All pairs in memory."""
    return [load_sample(pair) for pair in pairs]


def sampling_weights(samples: Sequence[Sample], shares: Mapping[str, float]) -> NDArray[np.float64]:
    """`(N,)` probability of each sample so that each named set or modality gets its share.

    Within a set the chance goes with the square root of an image's pixels, so
    that a field of 1000² is seen more often than one of 250², but not 16 times.
    """
    weights = np.zeros(len(samples))
    for name, share in shares.items():
        of = np.array([sample.modality == name or sample.pair.set == name for sample in samples])
        if not of.any():
            raise DataError(f"no training pair belongs to '{name}'")
        size = np.array([np.sqrt(sample.labels.size) for sample in samples]) * of
        weights += share * size / size.sum()
    return weights / weights.sum()
