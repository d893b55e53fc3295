"""An image and its labels as OME-Zarr 0.4, the version that most viewers open today.

<stem>.ome.zarr/        multiscales: c, y, x of the stored values
    0, 1, …             levels
    labels/cells/       multiscales: y, x of the labels; image-label
        0, 1, …

The metadata are written here and not by ome-zarr, which brings dask and clients of the network with it;
the tests read them with it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .pyramid import every_second, levels, mean_of_four
from .result import Result

if TYPE_CHECKING:
    import zarr

VERSION = "0.4"
CHUNK = 1024  # px
COLOURS = ("FF0000", "00FF00", "0000FF")  # of an image of three channels
GRAY = "FFFFFF"
CONTRAST = (0.2, 99.8)  # percentiles of each channel that a viewer shows as black and full


def write_zarr(result: Result, folder: Path) -> None:
    """Fills the empty `folder`."""
    import zarr

    root = zarr.open_group(folder, mode="w", zarr_format=2)
    image = np.ascontiguousarray(result.raw.transpose(2, 0, 1))  # (C, H, W)
    if image.dtype == np.bool_:
        image = image.astype(np.uint8)
    size = result.pixel_size_um
    pyramid = levels(image, mean_of_four)
    write_levels(root, pyramid)
    root.attrs.update(
        {
            "multiscales": [multiscale(result.title, pyramid, size)],
            "omero": {"name": result.title, "version": VERSION, "channels": omero_channels(result, image)},
        }
    )
    labels = root.create_group("labels")
    labels.attrs["labels"] = ["cells"]
    cells = labels.create_group("cells")
    label_pyramid = levels(result.labels, every_second)
    write_levels(cells, label_pyramid)
    cells.attrs.update(
        {
            "multiscales": [multiscale("cells", label_pyramid, size)],
            "image-label": {"version": VERSION, "source": {"image": "../../"}},
        }
    )


def write_levels(group: zarr.Group, pyramid: list[NDArray[Any]]) -> None:
    """One array per level, named by its number; zlib, which readers in every language know."""
    from numcodecs import Zlib

    for index, level in enumerate(pyramid):
        group.create_array(
            str(index),
            data=level,
            chunks=(*[1] * (level.ndim - 2), *(min(side, CHUNK) for side in level.shape[-2:])),
            compressors=Zlib(level=3),
            chunk_key_encoding={"name": "v2", "separator": "/"},
        )


def multiscale(
    name: str, pyramid: list[NDArray[Any]], pixel_size: tuple[float, float] | None
) -> dict[str, Any]:
    """The metadata of a pyramid of `(C, H, W)` or `(H, W)`."""
    unit = {} if pixel_size is None else {"unit": "micrometer"}
    axes = [{"name": "y", "type": "space"} | unit, {"name": "x", "type": "space"} | unit]
    channel = [{"name": "c", "type": "channel"}] * (pyramid[0].ndim - 2)
    y, x = pixel_size or (1.0, 1.0)
    datasets = [
        {
            "path": str(index),
            "coordinateTransformations": [
                {"type": "scale", "scale": [1.0] * len(channel) + [y * 2**index, x * 2**index]}
            ],
        }
        for index in range(len(pyramid))
    ]
    return {"version": VERSION, "name": name, "axes": channel + axes, "datasets": datasets}


def omero_channels(result: Result, image: NDArray[Any]) -> list[dict[str, Any]]:
    """How a viewer shows each channel at first."""
    count = len(image)
    colours = COLOURS if count == 3 else (GRAY,) * count
    return [
        {"label": label, "color": colour, "active": True, "window": window(plane)}
        for label, colour, plane in zip(result.channels, colours, image, strict=True)
    ]


def window(plane: NDArray[Any]) -> dict[str, float]:
    """The range of stored values, and the part of it that is shown."""
    values = plane[np.isfinite(plane)] if plane.dtype.kind == "f" else plane
    if values.size == 0:
        return {"min": 0.0, "max": 1.0, "start": 0.0, "end": 1.0}
    start, end = np.percentile(values, CONTRAST).tolist()
    return {"min": float(values.min()), "max": float(values.max()), "start": start, "end": end}
