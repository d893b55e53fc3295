"""Rows of an array, in memory or read from the disk when they are asked for: writers take both alike.

A writer looks at an image in bands, `spans`, and may do so more than once. An image that is held whole
goes the same way, so what is written of it is what would be written of a slide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

BAND_PIXELS = 1 << 23  # px that are looked at together; an image up to this size is one band


@dataclass(frozen=True)
class OnDisk:
    """An array whose rows are read as often as they are asked for."""

    shape: tuple[int, ...]
    read: Callable[[int, int], NDArray[Any]]  # rows y0 to y1 (exclusive)


Rows = NDArray[Any] | OnDisk


def rows(values: Rows, y0: int, y1: int) -> NDArray[Any]:
    """Rows y0 to y1 (exclusive); not for writing, they may be the array's own."""
    return values.read(y0, y1) if isinstance(values, OnDisk) else values[y0:y1]


def spans(shape: tuple[int, ...], multiple: int = 2) -> Iterator[tuple[int, int]]:
    """Consecutive bands y0 to y1 (exclusive) of `(H, W, ...)`.

    The height of all but the last is a multiple of `multiple`.
    """
    height = shape[0]
    step = max(band_rows(shape) // multiple, 1) * multiple
    return ((y0, min(y0 + step, height)) for y0 in range(0, height, step))


def band_rows(shape: tuple[int, ...]) -> int:
    """How many rows of `(H, W, ...)` are looked at together."""
    return max(BAND_PIXELS // shape[1], 1)


def bands(values: Rows, multiple: int = 2) -> Iterator[NDArray[Any]]:
    """The rows of all spans."""
    return (rows(values, *span) for span in spans(values.shape, multiple))
