"""Pairs of image and label, checked and held in memory with their flows."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.cells.diffusion import labels_to_flow
from app.errors import MediarError
from app.read import open_image
from app.system.tables import read_table

logger = logging.getLogger(__name__)
PSEUDO = "pseudo.csv"  # in the folder of a set: its labels are a network's, see training/pseudo.py


class DataError(MediarError):
    """A training pair is not usable; the message names it."""


@dataclass(frozen=True)
class Pair:
    """Where one image and its label lie."""

    set: str
    id: str
    image: Path
    label: Path
    partial: bool = False  # of a set of `pseudo`: -1 in its label is unknown, not wrong


@dataclass(frozen=True)
class Sample:
    """One pair in memory."""

    pair: Pair
    image: NDArray[np.uint8]  # (H, W, 3), 8-bit steps as the network sees them
    labels: NDArray[np.int32]  # (H, W); -1 where nobody said what is there
    flow: NDArray[np.float16]  # (2, H, W) unit vectors
    modality: str  # the set, with /rgb or /gray

    @cached_property
    def diameters(self) -> NDArray[np.float32]:
        """`(N + 1,)` px, by id: of the circle of a cell's area; 0 for background and absent ids."""
        return diameters_of(self.labels)

    @cached_property
    def diameter(self) -> float:
        """Their median, 0 without cells."""
        return median_of(self.diameters)

    @cached_property
    def specks(self) -> NDArray[np.intp]:
        """`(K, 2)`: the first pixel of each whole cell of less than half the median's diameter."""
        ids = np.flatnonzero((self.diameters > 0) & (self.diameters < self.diameter / 2))
        rim = [self.labels[0], self.labels[-1], self.labels[:, 0], self.labels[:, -1]]
        ids = np.setdiff1d(ids, np.concatenate(rim))
        found, firsts = np.unique(self.labels, return_index=True)
        return np.stack(np.unravel_index(firsts[np.isin(found, ids)], self.labels.shape), axis=1)


def diameters_of(labels: NDArray[np.int32]) -> NDArray[np.float32]:
    """`(N + 1,)` px, by id: of the circle of a cell's area; 0 for background, unknown and absent ids."""
    areas = np.bincount(np.maximum(labels, 0).ravel())
    areas[0] = 0
    return (2 * np.sqrt(areas / np.pi)).astype(np.float32)


def median_of(diameters: NDArray[np.float32]) -> float:
    """Of those that are there, px; 0 where there is none."""
    present = diameters[diameters > 0]
    return float(np.median(present)) if len(present) else 0.0


def find_pairs(root: Path, split: str, relabelled: Path | None = None) -> list[Pair]:
    """The pairs below `root` that `root/splits.csv` gives to `split`.

    `root` holds one folder of `images/` and `labels/` per set, or these two
    itself. Without a splits.csv all pairs are taken, whatever the split; a set
    that it does not name at all, such as a bank of synthetic images, is for training.
    A label `relabelled/<set>/labels/<id>.tiff` takes the place of the original.
    """
    pairs, splits = all_pairs(root), read_splits(root)
    if splits is not None:
        told = {name for name, _ in splits}
        pairs = [
            pair
            for pair in pairs
            if splits.get((pair.set, pair.id)) == split or (pair.set not in told and split == "train")
        ]
    if not pairs:
        raise DataError(f"{root}: no pairs of images/ and labels/ for the split '{split}'")
    if relabelled is None:
        return pairs
    new = {pair: relabelled / pair.set / "labels" / f"{pair.id}.tiff" for pair in pairs}
    return [replace(pair, label=label) if label.is_file() else pair for pair, label in new.items()]


def read_splits(root: Path) -> dict[tuple[str, str], str] | None:
    """(set, id) → split as `root/splits.csv` has it; None where there is no such file."""
    table = root / "splits.csv"
    if not table.is_file():
        return None
    rows = read_table(table, DataError, "save it as CSV in UTF-8")
    if rows and not {"set", "id", "split"} <= rows[0].keys():
        raise DataError(f"{table}: has columns {', '.join(rows[0])}; set, id and split are needed")
    return {(row["set"], row["id"]): row["split"] for row in rows}


def all_pairs(root: Path) -> list[Pair]:
    """The pairs of every set below `root`, whatever their split."""
    if not root.is_dir():
        raise DataError(f"{root}: no such folder; give one that holds images/ and labels/, or such folders")
    folders = [root]
    if not (root / "images").is_dir():
        folders = sorted(p for p in root.iterdir() if (p / "images").is_dir())
    return [pair for folder in folders for pair in pairs_in(folder)]


def pairs_in(folder: Path) -> Iterator[Pair]:
    """Every image of `folder/images` with the label of its name, `_label` after it or not."""
    labels = {path.stem.removesuffix("_label"): path for path in visible(folder / "labels")}
    partial = (folder / PSEUDO).is_file()
    for image in visible(folder / "images"):
        if image.stem not in labels:
            raise DataError(f"{image}: no label of this name in {folder / 'labels'}")
        yield Pair(folder.absolute().name, image.stem, image, labels[image.stem], partial)


def spread(pairs: Sequence[Pair], count: int) -> list[Pair]:
    """`count` pairs that stand for all sets: one of each in turn while it has more, evenly through it."""
    sets: dict[str, list[Pair]] = {}
    for pair in pairs:
        sets.setdefault(pair.set, []).append(pair)
    turns = sorted((turn, name) for name, members in sets.items() for turn in range(len(members)))
    shares = Counter(name for _, name in turns[:count])
    return [sets[name][i * len(sets[name]) // share] for name, share in shares.items() for i in range(share)]


def spread_sets(pairs: Sequence[Pair], per_set: int) -> list[Pair]:
    """At most `per_set` pairs of each set, evenly through it."""
    sets: dict[str, list[Pair]] = {}
    for pair in pairs:
        sets.setdefault(pair.set, []).append(pair)
    return [pair for mine in sets.values() for pair in spread(mine, min(per_set, len(mine)))]


def visible(folder: Path) -> list[Path]:
    """The files of `folder`, sorted, less the hidden ones that systems leave behind."""
    return [path for path in sorted(folder.glob("*.*")) if not path.name.startswith(".")]


def load_sample(pair: Pair) -> Sample:
    """Reads and checks one pair; raises DataError in one line."""
    image, gray = load_image(pair.image)
    labels = load_labels(pair.label, partial=pair.partial)
    if labels.shape != image.shape[:2]:
        raise DataError(f"{pair.label}: is {labels.shape}, its image is {image.shape[:2]}; export it anew")
    if labels.min() == labels.max() != 0:
        raise DataError(
            f"{pair.label}: holds one value only ({labels.max()}); 0 is background, 1..N are cells"
        )
    if not labels.any():
        logger.warning("%s: no cell; kept as an example of background", pair.label)
    flow = labels_to_flow(np.maximum(labels, 0)).astype(np.float16)
    return Sample(pair, image, labels, flow, modality_of(pair, gray))


def modality_of(pair: Pair, gray: bool) -> str:
    """The set, with /rgb or /gray."""
    return f"{pair.set}/{'gray' if gray else 'rgb'}"


def load_image(path: Path) -> tuple[NDArray[np.uint8], bool]:
    """`(H, W, 3)` uint8 as the network sees it at inference, and whether the file holds one channel."""
    with open_image(path) as source:
        return source.rows(0, source.info.height), source.info.channels == 1


def load_labels(path: Path, *, partial: bool = False) -> NDArray[np.int32]:
    """`(H, W)` int32, ids as in the file; only where it is `partial`, -1 is unknown."""
    import imagecodecs
    from skimage.segmentation import relabel_sequential

    try:
        labels = imagecodecs.imread(path)
    except (OSError, ValueError, RuntimeError) as cause:
        raise DataError(f"{path}: can't be read as a label ({cause}); save it as TIFF or PNG") from cause
    if labels.dtype.kind not in "ui":
        raise DataError(f"{path}: labels must be whole numbers, found {labels.dtype}")
    if labels.ndim != 2:
        raise DataError(f"{path}: labels must have one channel, found an array of {labels.shape}")
    if labels.min() < (-1 if partial else 0):
        raise DataError(f"{path}: labels must not be negative, found {labels.min()}")
    # crops are scaled in float32, which keeps whole numbers up to 2**24 only
    return labels.astype(np.int32) if labels.max() < 2**24 else relabel_sequential(labels)[0].astype(np.int32)


def load_samples(pairs: Sequence[Pair]) -> list[Sample]:
    """All pairs in memory."""
    return [load_sample(pair) for pair in pairs]
