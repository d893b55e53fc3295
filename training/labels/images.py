"""Label images: TIFF or PNG, one whole number a pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.data import DataError
from training.labels.drawn import MARKED, UNKNOWN, Labels, Shape, numbered

IDS = 2**31 - 1  # the largest int32


def read(path: Path, _shape: Shape) -> Labels:
    """Labels of one channel; raises DataError on colours, fractions, and what can't be decoded."""
    return from_array(path, decode(path))


def decode(path: Path) -> NDArray[np.generic]:
    """The file's pixels as they are."""
    import imagecodecs

    try:
        return np.asarray(imagecodecs.imread(path))
    except Exception as cause:  # decoders raise whatever they like on damaged files
        line = " ".join(str(cause).split()) or type(cause).__name__
        raise DataError(f"{path}: can't be read as a label ({line}); save it anew as TIFF or PNG") from cause


def from_array(path: Path, array: NDArray[np.generic]) -> Labels:
    """An array of ids as labels.

    The largest value of an unsigned type is background that somebody marked,
    unless ids lead up to it, and so is -2 of a signed one; -1 is not known.
    """
    array = array.squeeze() if array.ndim > 2 else array
    if array.ndim != 2:
        raise DataError(f"{path}: has the shape {array.shape}; one number a pixel is needed")
    if array.dtype == bool:
        raise DataError(f"{path}: holds only yes and no, so cells that touch are one; give each its number")
    if array.dtype.kind not in "ui":
        raise DataError(f"{path}: labels must be whole numbers, found {array.dtype}; export ids")
    if array.dtype.kind == "i":
        if array.min(initial=0) < MARKED:
            raise DataError(f"{path}: holds {array.min()}; cells are 1..N, 0 background, -1 not known")
        marked = array == MARKED
    else:
        largest = 2 ** (8 * array.dtype.itemsize) - 1
        marked = (array == largest) & ~(array == largest - 1).any()
        array = np.where(marked, 0, array)
    if array.max(initial=0) > IDS:
        array = np.unique(array, return_inverse=True)[1].reshape(array.shape)
    labels = array.astype(np.int32)
    check_one_value(path, labels, marked)
    return numbered(np.where(marked, MARKED, np.maximum(labels, UNKNOWN)).astype(np.int32))


def check_one_value(path: Path, labels: Labels, marked: NDArray[np.bool_]) -> None:
    """A mask of 0 and 255 is a frequent guest, and one cell over the whole image another."""
    if marked.any() and not (labels > 0).any():
        raise DataError(
            f"{path}: holds the largest number of its type and no other; if that is a mask of all cells, "
            "give each cell its own number"
        )
    if labels.min() == labels.max() > 0:
        raise DataError(f"{path}: holds one value only ({labels.max()}); 0 is background, 1..N are cells")
