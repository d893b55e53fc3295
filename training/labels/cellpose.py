"""Cellpose's `_seg.npy`, and plain .npy arrays of ids.

A `_seg.npy` is a pickled dictionary, and a pickle is a program. Here it is
read as data: every name that it may call stands in `ALLOWED` and is a class of
ours that keeps what it is handed, so nothing of NumPy is built from the file's
own words, and any other name ends the reading. (`app.network.weights.pth` does
the same for torch's checkpoints.)
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from training.data import DataError
from training.labels.drawn import Labels, Shape
from training.labels.images import from_array

# what damaged files and wrong pickles end in
MALFORMED = (
    *(ValueError, TypeError, KeyError, IndexError, AttributeError),
    *(EOFError, OverflowError, MemoryError),
)


class Dtype:
    """Stands in for `numpy.dtype`: the name and the order of bytes."""

    def __init__(self, name: str = "", *_: object) -> None:
        self.name = name
        self.order = "="

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.order = str(state[1])

    def plain(self) -> np.dtype[Any]:
        """The numeric type; ValueError where it is none."""
        if not (isinstance(self.name, str) and self.name[:1] in ("b", "i", "u", "f")):
            raise ValueError(f"masks of the type {self.name!r}")
        return np.dtype(self.name).newbyteorder(">" if self.order == ">" else "<")


class Array:
    """Stands in for `numpy.ndarray`: shape, type and bytes, or the list of an array of objects."""

    shape: tuple[int, ...] = ()
    dtype: Dtype | None = None
    fortran = False
    content: Any = None

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, self.shape, self.dtype, self.fortran, self.content = state

    def plain(self) -> NDArray[np.generic]:
        """The array of numbers; ValueError where it is none or its bytes are too few."""
        if not isinstance(self.dtype, Dtype) or not isinstance(self.content, bytes):
            raise ValueError("masks that are no array of numbers")
        flat = np.frombuffer(self.content, self.dtype.plain())
        return flat.reshape(self.shape, order="F" if self.fortran else "C")


def reconstruct(*_: object) -> Array:
    """Stands in for `numpy._core.multiarray._reconstruct`."""
    return Array()


def ignored(*_: object) -> None:
    """Stands in for scalars, of which none is needed."""


MULTIARRAY = ("numpy._core.multiarray", "numpy.core.multiarray")  # since NumPy 2, and before
ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): Array,
    ("numpy", "dtype"): Dtype,
    **{(module, "_reconstruct"): reconstruct for module in MULTIARRAY},
    **{(module, "scalar"): ignored for module in MULTIARRAY},
}


class Unpickler(pickle.Unpickler):
    """Refuses every name but those of `ALLOWED`."""

    def find_class(self, module: str, name: str) -> Any:
        try:
            return ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it calls {module}.{name}; only masks are read") from None


def read(path: Path, _shape: Shape) -> Labels:
    """The masks of a `_seg.npy`, or a plain array of ids; raises DataError in one line."""
    try:
        with path.open("rb") as file:
            array = masks(file)
    except OSError as cause:
        raise DataError(f"{path}: can't be read: {cause.strerror}") from cause
    except (pickle.UnpicklingError, *MALFORMED) as cause:
        line = " ".join(str(cause).split()) or type(cause).__name__
        raise DataError(f"{path}: is no _seg.npy of Cellpose ({line}); save it there anew") from cause
    return from_array(path, array)


def masks(file: BinaryIO) -> NDArray[np.generic]:
    """The ids of a .npy file of either kind."""
    version = npy.read_magic(file)
    head = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    _, _, dtype = head(file)
    if not dtype.hasobject:
        file.seek(0)
        return np.asarray(npy.read_array(file, allow_pickle=False))
    whole = Unpickler(file).load()
    content = whole.content[0] if isinstance(whole, Array) and isinstance(whole.content, list) else None
    if not isinstance(content, dict) or not isinstance(content.get("masks"), Array):
        raise ValueError("it holds no masks")
    return content["masks"].plain()
