"""OME-Zarr, a folder, a zip or at an address: which array of it holds the image."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import numpy as np

from .address import address
from .chunks import Found, Rows, codec_names, faults
from .flat import Flat
from .layout import Layout, choose_plane
from .limits import Limits
from .ngff import read_multiscale, said
from .opening import AGAIN, unreadable
from .quiet import quiet
from .stored import Stored

if TYPE_CHECKING:
    import zarr

# Of zarr's codecs those that do nothing but decode numbers: pickle, for one, runs what the file tells it.
CODECS = {"bytes", "transpose", "sharding_indexed", "crc32c", "gzip", "zlib", "zstd", "blosc", "lz4", "bz2",
          "lzma", "shuffle", "delta", "bitround", "fixedscaleoffset", "packbits", "astype"}  # fmt: skip
ZIPS = (".zip", ".ozx")
SAVE_AGAIN = "save it again as OME-Zarr 0.4 or 0.5, or as OME-TIFF"


def open_zarr(path: Path, page: int | None, limits: Limits) -> Stored:
    """Opens one plane at full size; raises ReadError."""
    with faults(path), quiet():
        store = open_store(path, limits)
        try:
            found = find_image(path, store)
            check_array(path, found, limits)
            rows = Rows(path, store, found, choose_plane(path, [found.layout], page)[1], limits)
            if rows.facts.banded:
                return rows
            whole = Flat(rows.facts, rows.rows(0, rows.facts.height))
        except BaseException:
            store.close()
            raise
        rows.close()
        return whole


def lay_out_zarr(path: Path, limits: Limits) -> tuple[Layout, float | None]:
    """The dimensions of the image, and µm between planes of Z; raises ReadError."""
    with faults(path), quiet():
        store = open_store(path, limits)
        try:
            found = find_image(path, store)
            return found.layout, found.metadata.spacing_um
        finally:
            store.close()


def open_store(path: Path, limits: Limits) -> Any:
    """A store that can only be read; raises ReadError where a zip would unpack to more than an image may."""
    from zarr.storage import LocalStore, ZipStore

    if address(path):
        if path.suffix.lower() in ZIPS:
            raise unreadable(path, "is a zip far away", "copy it here and name the copy")
        from .remote import open_remote

        return open_remote(path)
    if path.is_dir():
        return LocalStore(path, read_only=True)
    with ZipFile(path) as file:
        largest = max((one.file_size for one in file.infolist()), default=0)
    if largest > limits.whole:
        raise unreadable(path, f"holds a file of {largest} bytes unpacked", "save it in smaller chunks")
    return ZipStore(path, mode="r", read_only=True)


def find_image(path: Path, store: Any) -> Found:
    """The array of the image at full size; raises ReadError where there is none, or one of several."""
    group = find_group(path, store)
    attributes = said(dict(group.attrs))
    if "plate" in attributes:
        wells = attributes["plate"].get("wells", [{}])
        inside = f"{path}/{wells[0].get('path', 'A/1')}/0"
        raise unreadable(path, "is a plate of many images", f"name one of them, such as {inside}")
    if "multiscales" not in attributes:
        group, attributes = only_series(path, group, attributes)
    metadata = read_multiscale(attributes)
    array: Any = group[metadata.dataset]
    if len(metadata.axes) != len(array.shape):
        raise ValueError(f"its {len(array.shape)} dimensions have {len(metadata.axes)} names")
    leading = [i for i, axis in enumerate(metadata.axes) if axis not in "YX"]
    names = "".join(metadata.axes[i] for i in leading)
    shape = tuple(array.shape[i] for i in leading)
    height, width = (array.shape[metadata.axes.index(axis)] for axis in "YX")
    layout = Layout(f"{names}YX", (*shape, height, width), height, width, shape, names.find("C"))
    return Found(array, metadata, layout)


def find_group(path: Path, store: Any) -> zarr.Group:
    """The group at the root, or in the only folder of a zip; raises ReadError where there is none."""
    import zarr

    places = [""]
    if path.is_file():
        with ZipFile(path) as file:
            places += sorted({name.split("/")[0] for name in file.namelist()})[:1]
    for place in places:
        try:
            return zarr.open_group(store, path=place, mode="r", use_consolidated=False)
        except (FileNotFoundError, KeyError):
            continue
    raise unreadable(path, "holds no OME-Zarr image", "give a folder or zip whose metadata name multiscales")


def only_series(path: Path, group: Any, attributes: Mapping[str, Any]) -> tuple[Any, Mapping[str, Any]]:
    """The one image of what bioformats2raw wrote; raises ReadError where there are several or none."""
    if "bioformats2raw.layout" not in attributes:
        raise unreadable(path, "has no metadata of an OME-Zarr image (multiscales)", SAVE_AGAIN)
    if "1" in group:
        raise unreadable(path, "holds several images", f"name one of them, such as {path}/0")
    first = group["0"]
    return first, said(dict(first.attrs))


def check_array(path: Path, found: Found, limits: Limits) -> None:
    """Refuses what is no image of real numbers, or would not fit, before anything is decoded."""
    array, layout = found.array, found.layout
    dtype = np.dtype(array.dtype)
    if dtype.kind not in "buif" or dtype.itemsize > 8:
        raise unreadable(path, f"holds values of type {dtype}", "convert it to real numbers of up to 64 bits")
    unknown = sorted(set(codec_names(array.metadata.to_dict())) - CODECS)
    if unknown:
        raise unreadable(path, f"is stored with {unknown[0]}, which is not read", SAVE_AGAIN)
    height, width = layout.height, layout.width
    if not layout.planes or not height or not width:
        raise unreadable(path, f"declares {height} × {width} pixels", AGAIN)
    if max(height, width) > limits.side or height * width > limits.pixels:
        raise unreadable(path, f"declares {height} × {width} pixels", "cut it into smaller images")
    y, x = (array.chunks[found.metadata.axes.index(axis)] for axis in "YX")
    if height * width > limits.chunks * y * x:
        raise unreadable(path, f"is in chunks of {y} × {x} pixels, too many", "save it in larger chunks")
    if math.prod(array.chunks) * dtype.itemsize > limits.whole:
        shape = " × ".join(map(str, array.chunks))
        raise unreadable(path, f"is in chunks of {shape}, too large to decode", "save it in smaller chunks")
