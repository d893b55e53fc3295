"""The labels of an image as they stand → files, by the writers that `predict --save` uses."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..cells.ids import raster_order, survey
from ..read import open_image
from ..system.files import whole_file
from ..write import WRITERS, Result
from ..write.labels import SUFFIX, Record, write_labels
from ..write.rows import rows
from .store import Image


def write_label(result: Result, folder: Path, record: Record) -> Path:
    """The label TIFF, as `predict` writes it."""
    path = folder / f"{result.stem}{SUFFIX}"
    with whole_file(path) as partial:
        write_labels(partial, rows(result.labels, 0, result.shape[0]), record)
    return path


# what a client may ask for → the writer of it and its type
KINDS: Mapping[str, tuple[str, str]] = {
    "labels": ("", "image/tiff"),
    "rois": ("outlines", "application/zip"),
    "geojson": ("geojson", "application/geo+json"),
    "table": ("table", "text/csv"),
    "coco": ("coco", "application/json"),
    "overlay": ("overlay", "image/png"),
}


def save(image: Image, stem: str, kinds: tuple[str, ...], folder: Path) -> list[Path]:
    """Writes files of `kinds` into `folder`, each whole or not at all; returns their paths.

    Cells are numbered 1..N from the top, whatever corrections numbered them.
    Raises RequestError where there are no cells yet, ReadError, WriteError.
    """
    result, record = result_of(image, stem)
    written = []
    for kind in kinds:
        writer = KINDS[kind][0]
        path = WRITERS[writer](result, folder) if writer else write_label(result, folder, record)
        written.append(path)
    return written


def result_of(image: Image, stem: str) -> tuple[Result, Record]:
    """All that a writer wants to know, of one moment."""
    with image.lock:
        working, meta = image.working, image.meta
        labels, scores = numbered(working.cells.labels, working.cells.scores)
        probability = np.load(working.tracked / "probability.npy", mmap_mode="r")
        settings = f"serve, {meta.thresholds}, {len(working.journal.edits)} corrections"
    with open_image(image.file) as source:
        seen, raw = source.rows(0, meta.height), source.raw_rows(0, meta.height)
        size = source.info.pixel_size_um
    # no flow: nobody here writes `flows`
    result = Result(stem, seen, raw, labels, None, probability, size, file_name=meta.name, scores=scores)
    return result, Record(meta.sha256, meta.made_with, settings)


def numbered(
    labels: NDArray[np.int32], scores: NDArray[np.float32]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """A copy with ids 1..N in raster order of first pixels, and scores `(N,)`; `scores` has a row for 0."""
    _, sizes, firsts, _ = survey(labels, len(scores) - 1)
    order = raster_order(firsts, sizes > 0)
    table = np.zeros(len(scores), np.int32)
    table[order] = np.arange(1, len(order) + 1)
    return table[labels], scores[order].astype(np.float32)
