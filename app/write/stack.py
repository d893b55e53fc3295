"""The label TIFF of a stack, plane by plane."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .labels import BIGTIFF_FROM, Record, describe, label_dtype


def write_stack(
    path: Path,
    planes: Iterable[NDArray[np.int32]],
    shape: tuple[int, int, int],
    axis: str,
    record: Record,
    *,
    pixel_size_um: tuple[float, float] | None = None,
    spacing_um: float | None = None,
) -> int:
    """Writes `(H, W)` labels as one zlib TIFF of `shape` (planes, H, W); returns the number of cells.

    Its axes are named (`ZYX` or `TYX`) in its metadata. uint16 where ids fit,
    else uint32; which of them only the last plane tells, so the planes wait
    on the disk, compressed, in a file without a name that vanishes with the
    process.
    """
    import tifffile

    metadata: dict[str, Any] = {"axes": f"{axis.upper()}YX"}
    if spacing_um is not None:
        metadata |= {"spacing": spacing_um, "unit": "um"}
    with tempfile.TemporaryFile(dir=path.parent) as store:
        sizes: list[int] = []
        count = 0
        for plane in planes:
            count = max(count, int(plane.max(initial=0)))
            sizes.append(store.write(zlib.compress(plane.astype(np.int32, copy=False).tobytes(), 1)))
        store.seek(0)
        dtype = label_dtype(count)
        again = (
            np.frombuffer(zlib.decompress(store.read(size)), np.int32).reshape(shape[1:]).astype(dtype)
            for size in sizes
        )
        tifffile.imwrite(
            path,
            again,
            shape=shape,
            dtype=dtype,
            bigtiff=shape[0] * shape[1] * shape[2] * dtype.itemsize >= BIGTIFF_FROM,
            compression="zlib",
            predictor=False,
            photometric="minisblack",
            metadata=metadata,
            description=describe(record, count),
            **resolution(pixel_size_um),
        )
    return count


def resolution(pixel_size_um: tuple[float, float] | None) -> dict[str, Any]:
    """The TIFF tags of a pixel size (y, x); none where it isn't known."""
    if pixel_size_um is None:
        return {}
    y, x = pixel_size_um
    return {"resolution": (1e4 / x, 1e4 / y), "resolutionunit": "CENTIMETER"}
