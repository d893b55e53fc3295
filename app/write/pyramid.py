"""Smaller and smaller copies of an image, each half the size of the one before."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

SMALLEST = 512  # px; a level whose longer side is no longer than this is the last

T = TypeVar("T", bound=np.generic)


def levels(array: NDArray[T], halve: Callable[[NDArray[T]], NDArray[T]]) -> list[NDArray[T]]:
    """`(..., H, W)` → itself and its halves, down to the level that fits `SMALLEST`."""
    pyramid = [array]
    while max(pyramid[-1].shape[-2:]) > SMALLEST:
        pyramid.append(halve(pyramid[-1]))
    return pyramid


def every_second(array: NDArray[T]) -> NDArray[T]:
    """For labels, which must not be mixed: `(..., H, W)` → `(..., ⌈H/2⌉, ⌈W/2⌉)`."""
    return np.ascontiguousarray(array[..., ::2, ::2])


def mean_of_four(array: NDArray[T]) -> NDArray[T]:
    """For images: the mean of 2 × 2 pixels, as many as there are at the edge; type and sizes as above."""
    height, width = array.shape[-2:]
    pad = [(0, 0)] * (array.ndim - 2) + [(0, height % 2), (0, width % 2)]
    full = np.pad(array, pad, mode="edge")
    total = np.zeros((*array.shape[:-2], full.shape[-2] // 2, full.shape[-1] // 2), np.float64)
    for y in (0, 1):
        for x in (0, 1):
            total += full[..., y::2, x::2]
    mean = total / 4
    return (mean if array.dtype.kind == "f" else np.rint(mean)).astype(array.dtype)
