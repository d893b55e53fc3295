"""Label images on the disk: found by stem, read whole, or measured without decoding."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.errors import ReadError
from evaluation.overlap import Labels

# where a folder holds several files of one stem, the first of these is its labels
ENDINGS = ("_label.tiff", "_label.tif", "_label.png", "_label.npy", ".tiff", ".tif", ".png", ".npy")


def index_labels(folder: Path) -> dict[str, Path]:
    """Stem → label file of a folder, sorted by stem; hidden files and other kinds are passed over.

    `cell_1.tif`, `cell_1_label.tiff`, `cell_1.png` and `cell_1.npy` all have the stem `cell_1`.
    """
    found: dict[str, tuple[int, Path]] = {}
    for path in folder.iterdir():
        rank = next((i for i, ending in enumerate(ENDINGS) if path.name.lower().endswith(ending)), None)
        if rank is None or path.name.startswith(".") or not path.is_file():
            continue
        stem = path.name[: -len(ENDINGS[rank])]
        if stem not in found or rank < found[stem][0]:
            found[stem] = rank, path
    return {stem: found[stem][1] for stem in sorted(found)}


def index_predictions(folder: Path) -> dict[str, Path]:
    """The same; where some are named as predictions, the others are pictures beside them."""
    held = index_labels(folder)
    return {stem: path for stem, path in held.items() if "_label." in path.name} or held


def read_labels(path: Path) -> Labels:
    """Labels `(H, W)` of any integer type; raises ReadError in one line on anything else."""
    try:
        labels = _decode(path)
    except Exception as cause:  # decoders raise whatever they like on damaged files
        line = (str(cause) or type(cause).__name__).splitlines()[0]
        raise ReadError(f"{path}: can't be read as labels: {line}; write it anew") from cause
    if labels.dtype.kind not in "iu":
        raise ReadError(f"{path}: the labels are {labels.dtype}; save them as integers")
    labels = labels.squeeze() if labels.ndim > 2 else labels
    if labels.ndim != 2 or labels.size == 0:
        raise ReadError(f"{path}: the labels have shape {labels.shape}; one (height, width) is needed")
    if int(labels.min()) < 0 or int(labels.max()) >= 2**63:
        raise ReadError(f"{path}: the labels hold ids below 0 or above 2^63 - 1; number the cells from 1")
    return labels


def label_shape(path: Path) -> tuple[int, ...]:
    """The shape that a label file declares, without decoding it; raises ReadError."""
    try:
        if path.suffix.lower() == ".npy":
            return tuple(np.load(path, mmap_mode="r").shape)
        if path.suffix.lower() == ".png":
            head = path.read_bytes()[:24]  # signature, then IHDR with width and height
            return int.from_bytes(head[20:24], "big"), int.from_bytes(head[16:20], "big")
        from tifffile import TiffFile

        with TiffFile(path) as tiff:
            return tuple(tiff.series[0].shape)
    except Exception as cause:
        line = (str(cause) or type(cause).__name__).splitlines()[0]
        raise ReadError(f"{path}: can't be read as labels: {line}; write it anew") from cause


def _decode(path: Path) -> Labels:
    if path.suffix.lower() == ".npy":
        return np.asarray(np.load(path))
    if path.suffix.lower() == ".png":
        from imagecodecs import png_decode

        return np.asarray(png_decode(path.read_bytes()))
    from tifffile import imread

    return np.asarray(imread(path))
