"""Labels as Kaggle's run lengths, and back: one row of a CSV for each cell.

    ImageId,EncodedPixels[,Height,Width]
    a,1 3 10 2               pixels 1, 2, 3, 10 and 11 of image a are one cell
    b,                       image b has no cell

Pixels count from 1, down the first column, then down the second: the convention of the 2018 Data Science
Bowl. Its submissions end with the second column, its solutions carry the sizes; both are read here.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.errors import ReadError, UsageError
from app.write.runs import column_runs
from evaluation.overlap import Labels

HEAD = ("ImageId", "EncodedPixels")
SIZES = ("Height", "Width")
MOST = 1 << 32  # pixels of an image that a file may declare
ADVICE = "correct that row"


@dataclass(frozen=True)
class Encoded:
    """One image's cells in a CSV of run lengths; its file is read, its pixels are not checked yet."""

    path: Path
    image: str
    rows: tuple[tuple[int, str], ...]  # line in the file, EncodedPixels; one per cell
    shape: tuple[int, int] | None  # px; None where the file does not say

    def decode(self, shape: tuple[int, int] | None = None) -> Labels:
        """`(H, W)` int32, cells numbered in the order of the rows.

        `shape` counts where the file gives none. Raises ReadError on the first row that is wrong.
        """
        size = self.shape or shape
        if size is None:
            raise ReadError(f"{self.path}: image {self.image} has no size; add columns Height and Width")
        flat = np.zeros(size[0] * size[1], np.int32)
        for cell, (line, text) in enumerate(self.rows, 1):
            try:
                for start, length in pairs(text):
                    paint(flat, start, length, cell)
            except ValueError as cause:
                raise ReadError(f"{self.path}: line {line}: {cause}; {ADVICE}") from cause
        return flat.reshape(size, order="F")


def pairs(text: str) -> Iterator[tuple[int, int]]:
    """Start (from 1) and length of each run; raises ValueError."""
    words = text.split()
    for word in words:
        if not (word.isascii() and word.isdecimal() and len(word) < 16):
            raise ValueError(f"{word[:20]!r} is no number of pixels")
    if len(words) % 2:
        raise ValueError(f"{len(words)} numbers are no pairs of start and length")
    numbers = [int(word) for word in words]
    return zip(numbers[::2], numbers[1::2], strict=True)


def paint(flat: Labels, start: int, length: int, cell: int) -> None:
    """Writes `cell` into a run; raises ValueError where it leaves the image or meets another."""
    if start < 1 or length < 1 or start - 1 + length > len(flat):
        raise ValueError(f"the run {start} {length} leaves an image of {len(flat)} pixels")
    run = flat[start - 1 : start - 1 + length]
    if run.any():
        raise ValueError(f"the run {start} {length} covers a pixel for the second time")
    run[:] = cell


def encode(image: str, labels: Labels, *, sizes: bool = False) -> Iterator[tuple[object, ...]]:
    """The rows of one image, ids ascending; one without pixels where it has no cell."""
    # any integers become 1..N, which the runs count by
    _, numbers = np.unique(np.append(labels.ravel(), 0), return_inverse=True)
    runs = column_runs(numbers[:-1].reshape(labels.shape).astype(np.int32))
    size = labels.shape if sizes else ()
    for index in range(len(runs.ids)):
        starts, lengths = runs.of(index)
        words = np.stack([starts + 1, lengths], axis=1).ravel().tolist()
        yield image, " ".join(map(str, words)), *size
    if not len(runs.ids):
        yield image, "", *size


def read_rows(path: Path) -> dict[str, Encoded]:
    """Image → its cells, in the order of the file; raises UsageError in one line."""
    limit = csv.field_size_limit(1 << 30)  # a large cell has more text than Python's reader likes
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in HEAD if name not in (reader.fieldnames or ())]
            if missing:
                raise UsageError(f"{path}: has no column {missing[0]}; its head must be {','.join(HEAD)}")
            return collect(path, ((reader.line_num, row) for row in reader))
    except (OSError, UnicodeDecodeError, csv.Error) as cause:
        raise UsageError(f"{path}: can't be read ({cause}); save it as CSV in UTF-8") from cause
    finally:
        csv.field_size_limit(limit)


def collect(path: Path, rows: Iterable[tuple[int, dict[str, str | None]]]) -> dict[str, Encoded]:
    """The rows (line, by column) of each image together."""
    cells: dict[str, list[tuple[int, str]]] = {}
    shapes: dict[str, tuple[int, int] | None] = {}
    for line, row in rows:
        image = row["ImageId"] or ""
        if not image:
            raise UsageError(f"{path}: line {line}: names no image; {ADVICE}")
        shape = size_of(path, line, row)
        if shapes.setdefault(image, shape) != shape:
            raise UsageError(f"{path}: line {line}: gives image {image} a second size; {ADVICE}")
        text = (row["EncodedPixels"] or "").strip()
        cells.setdefault(image, []).extend([(line, text)] if text else [])
    if not cells:
        raise UsageError(f"{path}: holds no rows; give one row per cell")
    return {image: Encoded(path, image, tuple(held), shapes[image]) for image, held in cells.items()}


def size_of(path: Path, line: int, row: dict[str, str | None]) -> tuple[int, int] | None:
    """Height and width that a row gives; None where it gives neither."""
    words = [(row.get(name) or "").strip() for name in SIZES]
    if not any(words):
        return None
    if all(word.isascii() and word.isdecimal() and len(word) < 10 for word in words):
        height, width = map(int, words)
        if 0 < height * width <= MOST:
            return height, width
    raise UsageError(f"{path}: line {line}: {words[0]} × {words[1]} is no size in pixels; {ADVICE}")
