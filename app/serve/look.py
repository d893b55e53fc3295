"""Pixels as a person sees them, on the disk at full size and at halves of it, made in bands of rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..read import ImageSource
from ..system.whole_folder import whole_folder
from ..write.appearance import PERCENTILES
from ..write.pyramid import mean_of_four

FOLDER = "look"  # of level files 0.npy, 1.npy, … (h, w, 3) uint8, the first at full size
BAND = 1024  # rows at once; a power of two, so that halves of bands are bands of halves
STRIPS = 16  # places at which rows are looked at for the contrast
STRIP = 64  # rows of each
SMALLEST = 256  # px; the longer side of the last level
MOST = 11  # levels, so that a band is a whole number of rows in each


def make_look(source: ImageSource, folder: Path) -> None:
    """Writes the levels into `folder`, all or none; raises ReadError, WriteError."""
    info = source.info
    contrast = Contrast.of(source)
    with whole_folder(folder / FOLDER) as partial:
        shape = info.height, info.width
        levels = []
        for level in range(level_count(shape)):
            path = partial / f"{level}.npy"
            levels.append(np.lib.format.open_memmap(path, "w+", np.uint8, (*level_shape(shape, level), 3)))
        for y in range(0, info.height, BAND):
            rows = contrast.seen(source, y, min(y + BAND, info.height))
            for level, array in enumerate(levels):
                array[y >> level :][: len(rows)] = rows
                if level + 1 < len(levels):
                    rows = np.moveaxis(mean_of_four(np.moveaxis(rows, 2, 0)), 0, 2)


def level_count(shape: tuple[int, int]) -> int:
    """Levels until the longer side fits `SMALLEST`."""
    level = 0
    while max(level_shape(shape, level)) > SMALLEST and level + 1 < MOST:
        level += 1
    return level + 1


def level_shape(shape: tuple[int, int], level: int) -> tuple[int, int]:
    """Height and width after `level` halvings, each rounded up."""
    return -(-shape[0] >> level), -(-shape[1] >> level)


def open_level(folder: Path, level: int) -> NDArray[np.uint8]:
    """`(h, w, 3)`, its pages read when they are needed."""
    array: NDArray[np.uint8] = np.load(folder / FOLDER / f"{level}.npy", mmap_mode="r")
    return array


@dataclass(frozen=True)
class Contrast:
    """Which values become black and white: one pair for gray and colour, three for other channels."""

    raw: bool  # of the stored values; else of the steps that the network sees
    low: NDArray[np.float32]  # (1,) or (3,)
    high: NDArray[np.float32]

    @classmethod
    def of(cls, source: ImageSource) -> Contrast:
        """By a look at some rows, as app.write.appearance does it for a whole image."""
        raw = source.info.channels in (1, 3)
        sample = [
            (source.raw_rows(y0, y1) if raw else source.rows(y0, y1)).astype(np.float32)
            for y0, y1 in strips(source.info.height)
        ]
        values = np.concatenate([rows.reshape(-1, rows.shape[2]) for rows in sample])
        low, high = np.percentile(values.ravel() if raw else values, PERCENTILES, axis=None if raw else 0)
        return cls(raw, np.atleast_1d(low).astype(np.float32), np.atleast_1d(high).astype(np.float32))

    def seen(self, source: ImageSource, y0: int, y1: int) -> NDArray[np.uint8]:
        """`(y1 - y0, W, 3)`."""
        rows = (source.raw_rows(y0, y1) if self.raw else source.rows(y0, y1)).astype(np.float32)
        spread = np.where(self.high > self.low, self.high - self.low, np.inf).astype(np.float32)
        stretched = np.rint(((rows - self.low) * (255 / spread)).clip(0, 255)).astype(np.uint8)
        return np.repeat(stretched, 3, axis=2) if stretched.shape[2] == 1 else stretched


def strips(height: int) -> Iterator[tuple[int, int]]:
    """Rows y0..y1 that are looked at: all of a small image, evenly spread ones of a large one."""
    if height <= STRIPS * STRIP:
        yield 0, height
        return
    for place in range(STRIPS):
        y0 = place * (height - STRIP) // (STRIPS - 1)
        yield y0, y0 + STRIP
