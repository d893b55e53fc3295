"""One label file of any kind → labels of its image, checked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.data import DataError

UNKNOWN = -1  # left out of the loss
MARKED = -2  # background, and somebody said so
Shape = tuple[int, int]
Labels = NDArray[np.int32]
Reader = Callable[[Path, Shape], Labels]


def reader(path: Path) -> Reader:
    """Who reads files of this suffix; raises DataError where nobody does."""
    from training.labels import cellpose, geojson, imagej, images

    readers: dict[str, Reader] = {
        ".tif": images.read, ".tiff": images.read, ".png": images.read,
        ".npy": cellpose.read,
        ".roi": imagej.read, ".zip": imagej.read,
        ".geojson": geojson.read, ".json": geojson.read,
    }  # fmt: skip
    try:
        return readers[path.suffix.lower()]
    except KeyError:
        raise DataError(f"{path}: is no kind of label; give one of {', '.join(readers)}") from None


def read_drawn(path: Path, shape: Shape, *, partial: bool = False) -> Labels:
    """`(H, W)` int32: 1..N cells, 0 background, UNKNOWN where nobody said what is there.

    With `partial` only what is drawn is known: a pixel that is neither a cell
    nor marked as background becomes UNKNOWN. Raises DataError in one line.
    """
    drawn = reader(path)(path, shape)
    if drawn.shape != shape:
        raise DataError(
            f"{path}: is {drawn.shape[0]} × {drawn.shape[1]} px, its image {shape[0]} × {shape[1]}; "
            "export it anew, from the image itself"
        )
    known = drawn.copy()
    if partial:
        known[drawn == 0] = UNKNOWN
    known[drawn == MARKED] = 0
    return numbered(known)


def numbered(labels: Labels) -> Labels:
    """The same cells as 1..N in the order of their ids; the flow's kernels size their tables by the last."""
    cells = labels > 0
    ids, index = np.unique(labels[cells], return_inverse=True)
    result = np.minimum(labels, 0)
    result[cells] = index + 1
    assert len(ids) == result.max(initial=0)
    return result
