"""Labels as OME-TIFF and, with the image, as OME-Zarr: pyramids in tiles that viewers load piece by piece."""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..system.files import whole_file
from ..system.whole_folder import whole_folder
from .labels import BIGTIFF_FROM, TILE, label_dtype, tiles
from .ome_zarr import write_zarr
from .pyramid import every_second, levels
from .result import Result
from .rows import Rows, bands


def write(result: Result, folder: Path) -> Path:
    """Writes `<stem>_labels.ome.tif` and `<stem>.ome.zarr`; returns the path of the first."""
    path = folder / f"{result.stem}_labels.ome.tif"
    with whole_file(path) as partial:
        write_tiff(result, partial)
    with whole_folder(folder / f"{result.stem}.ome.zarr") as partial:
        write_zarr(result, partial)
    return path


def write_tiff(result: Result, path: Path) -> None:
    """Labels of the smallest type that holds them; uint16 is what every viewer opens."""
    dtype = label_dtype(len(result.extents.areas) - 1)
    metadata: dict[str, object] = {"axes": "YX", "Name": result.title}
    if result.pixel_size_um is not None:
        y, x = result.pixel_size_um
        metadata |= {"PhysicalSizeY": y, "PhysicalSizeX": x}
        metadata |= {"PhysicalSizeYUnit": "µm", "PhysicalSizeXUnit": "µm"}
    with levels(result.labels, every_second, result.spool) as pyramid:
        write_pyramid(path, pyramid, dtype, metadata, compression="zlib", photometric="minisblack")


def write_pyramid(
    path: Path,
    pyramid: Sequence[Rows],
    dtype: np.dtype[Any],
    metadata: dict[str, object],
    **coded: Any,
) -> None:
    """Levels as the SubIFDs of the first, in tiles; `coded` says how tifffile codes them."""
    from tifffile import TiffWriter

    # without it tifffile takes one from the clock: the same image gives the same bytes
    metadata = metadata | {"UUID": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, str(metadata['Name']))}"}
    large = sum(math.prod(level.shape) for level in pyramid) * dtype.itemsize > BIGTIFF_FROM
    with TiffWriter(path, ome=True, bigtiff=large) as file:
        for index, level in enumerate(pyramid):
            file.write(
                tiles((band.astype(dtype, copy=False) for band in bands(level)), level.shape),
                shape=level.shape,
                dtype=dtype,
                subifds=0 if index else len(pyramid) - 1,
                subfiletype=1 if index else 0,
                metadata=None if index else metadata,
                tile=(TILE, TILE),
                **coded,
            )
