"""Labels as OME-TIFF and, with the image, as OME-Zarr: pyramids in tiles that viewers load piece by piece."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..system.files import whole_file
from ..system.whole_folder import whole_folder
from .labels import label_dtype
from .ome_zarr import write_zarr
from .pyramid import every_second, levels
from .result import Result

TILE = 512  # px


def write(result: Result, folder: Path) -> Path:
    """Writes `<stem>_labels.ome.tif` and `<stem>.ome.zarr`; returns the path of the first."""
    path = folder / f"{result.stem}_labels.ome.tif"
    with whole_file(path) as partial:
        write_tiff(result, partial)
    with whole_folder(folder / f"{result.stem}.ome.zarr") as partial:
        write_zarr(result, partial)
    return path


def write_tiff(result: Result, path: Path) -> None:
    """Tiled, zlib-compressed, levels as SubIFDs; uint16 up to 65535 cells, else uint32."""
    from tifffile import TiffWriter

    pyramid = levels(compact(result.labels), every_second)
    metadata: dict[str, object] = {"axes": "YX", "Name": result.title}
    if result.pixel_size_um is not None:
        y, x = result.pixel_size_um
        metadata |= {"PhysicalSizeY": y, "PhysicalSizeX": x}
        metadata |= {"PhysicalSizeYUnit": "µm", "PhysicalSizeXUnit": "µm"}
    large = sum(level.nbytes for level in pyramid) > 2**31
    with TiffWriter(path, ome=True, bigtiff=large) as file:
        for index, level in enumerate(pyramid):
            file.write(
                level,
                subifds=0 if index else len(pyramid) - 1,
                subfiletype=1 if index else 0,
                metadata=None if index else metadata,
                tile=(TILE, TILE),
                compression="zlib",
                photometric="minisblack",
            )


def compact(labels: NDArray[np.int32]) -> NDArray[np.uint16] | NDArray[np.uint32]:
    """The labels in the smallest type that every viewer opens."""
    return labels.astype(label_dtype(int(labels.max(initial=0))))
