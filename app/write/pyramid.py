"""Smaller and smaller copies of an image, each half the size of the one before, on the way on the disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cells.spool import Spool
from .rows import OnDisk, Rows, bands

SMALLEST = 512  # px; a level whose longer side is no longer than this is the last

Halve = Callable[[NDArray[Any]], NDArray[Any]]


@contextmanager
def levels(first: Rows, halve: Halve, folder: Path | None) -> Iterator[list[Rows]]:
    """`(H, W, ...)` itself and its halves, down to the level that fits `SMALLEST`.

    All but the first lie in files without names in `folder` while the block lasts.
    """
    with ExitStack() as spools:
        pyramid = [first]
        while max(pyramid[-1].shape[:2]) > SMALLEST:
            pyramid.append(halved(pyramid[-1], halve, spools.enter_context(Spool(folder))))
        yield pyramid


def halved(level: Rows, halve: Halve, spool: Spool) -> OnDisk:
    """The next level, which lies in `spool`."""
    for band in bands(level):
        spool.append(halve(band))
    height, width, *rest = level.shape
    return OnDisk((-(-height // 2), -(-width // 2), *rest), spool.rows)


def every_second(array: NDArray[Any]) -> NDArray[Any]:
    """For labels, which must not be mixed: `(H, W, ...)` → `(⌈H/2⌉, ⌈W/2⌉, ...)`."""
    return np.ascontiguousarray(array[::2, ::2])


def mean_of_four(array: NDArray[Any]) -> NDArray[Any]:
    """For images: the mean of 2 × 2 pixels, as many as there are at the edge; type and sizes as above."""
    height, width = array.shape[:2]
    pad = [(0, height % 2), (0, width % 2)] + [(0, 0)] * (array.ndim - 2)
    full = np.pad(array, pad, mode="edge") if height % 2 or width % 2 else array
    total = np.zeros((full.shape[0] // 2, full.shape[1] // 2, *array.shape[2:]), np.float64)
    for y in (0, 1):
        for x in (0, 1):
            total += full[y::2, x::2]
    mean = total / 4
    return (mean if array.dtype.kind == "f" else np.rint(mean)).astype(array.dtype)
