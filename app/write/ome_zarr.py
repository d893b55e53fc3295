"""An image and its labels as OME-Zarr 0.4, the version that most viewers open today.

<stem>.ome.zarr/        multiscales: c, y, x of the stored values
    0, 1, …             levels
    labels/cells/       multiscales: y, x of the labels; image-label
        0, 1, …

The metadata are written here and not by ome-zarr, which brings dask and clients of the network with it;
the tests read them with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .appearance import Sample
from .pyramid import every_second, levels, mean_of_four
from .result import Result
from .rows import OnDisk, Rows, rows, spans

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
    size = result.pixel_size_um
    image = result.raw
    if rows(image, 0, 1).dtype == np.bool_:  # a type that OME has not
        image = OnDisk(image.shape, lambda *span: rows(result.raw, *span).view(np.uint8))
    values = Values(result.raw.shape)
    with levels(image, mean_of_four, result.spool) as pyramid:
        write_levels(root, pyramid, values)
        scales = multiscale(result.title, len(pyramid), size, channel=True)
    channels = values.channels(result.channels)
    omero: dict[str, Any] = {"name": result.title, "version": VERSION, "channels": channels}
    root.attrs.update({"multiscales": [scales], "omero": omero})
    labels = root.create_group("labels")
    labels.attrs["labels"] = ["cells"]
    cells = labels.create_group("cells")
    with levels(result.labels, every_second, result.spool) as pyramid:
        write_levels(cells, pyramid)
        scales = multiscale("cells", len(pyramid), size, channel=False)
    cells.attrs.update(
        {"multiscales": [scales], "image-label": {"version": VERSION, "source": {"image": "../../"}}}
    )


def write_levels(group: zarr.Group, pyramid: list[Rows], values: Values | None = None) -> None:
    """One array per level, named by its number; zlib, which readers in every language know.

    Levels are `(H, W)`, or `(H, W, C)` and stored with channels first. `values` is told the first.
    """
    from numcodecs import Zlib

    for index, level in enumerate(pyramid):
        height, width, *channels = level.shape
        array = group.create_array(
            str(index),
            shape=(*channels, height, width),
            dtype=rows(level, 0, 1).dtype,
            chunks=(*[1] * len(channels), min(height, CHUNK), min(width, CHUNK)),
            compressors=Zlib(level=3),
            chunk_key_encoding={"name": "v2", "separator": "/"},
        )
        for y0, y1 in spans(level.shape, CHUNK):  # whole chunks
            band = rows(level, y0, y1)
            array[..., y0:y1, :] = np.moveaxis(band, 2, 0) if channels else band
            if values is not None and index == 0:
                values.add(band)


def multiscale(
    name: str, count: int, pixel_size: tuple[float, float] | None, *, channel: bool
) -> dict[str, Any]:
    """The metadata of a pyramid of `count` levels."""
    unit = {} if pixel_size is None else {"unit": "micrometer"}
    axes = [{"name": "y", "type": "space"} | unit, {"name": "x", "type": "space"} | unit]
    before = [{"name": "c", "type": "channel"}] if channel else []
    y, x = pixel_size or (1.0, 1.0)
    datasets = [
        {
            "path": str(index),
            "coordinateTransformations": [
                {"type": "scale", "scale": [1.0] * len(before) + [y * 2**index, x * 2**index]}
            ],
        }
        for index in range(count)
    ]
    return {"version": VERSION, "name": name, "axes": before + axes, "datasets": datasets}


class Values:
    """The range of each channel, from consecutive bands."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.sample = Sample(shape)
        self.ends: list[tuple[float, float]] = [(math.inf, -math.inf)] * shape[2]  # of finite values

    def add(self, band: NDArray[Any]) -> None:
        """The next `(h, W, C)`."""
        self.sample.add(band)
        for channel, (low, high) in enumerate(self.ends):
            plane = band[..., channel]
            values = plane[np.isfinite(plane)] if plane.dtype.kind == "f" else plane
            if values.size:
                self.ends[channel] = min(low, float(values.min())), max(high, float(values.max()))

    def channels(self, names: Sequence[str]) -> list[dict[str, Any]]:
        """How a viewer shows each channel at first."""
        count = len(self.ends)
        colours = COLOURS if count == 3 else (GRAY,) * count
        return [
            {"label": name, "color": colour, "active": True, "window": self.window(channel)}
            for channel, (name, colour) in enumerate(zip(names, colours, strict=True))
        ]

    def window(self, channel: int) -> dict[str, float]:
        """The range of stored values, and the part of it that is shown."""
        low, high = self.ends[channel]
        sample = self.sample.values[..., channel]
        sample = sample[np.isfinite(sample)] if sample.dtype.kind == "f" else sample
        if sample.size == 0:
            return {"min": 0.0, "max": 1.0, "start": 0.0, "end": 1.0}
        start, end = np.percentile(sample, CONTRAST).tolist()
        return {"min": low, "max": high, "start": start, "end": end}
