"""Label TIFFs: whole or not at all, with a record of what made them inside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .rows import OnDisk
from .rows import bands as rows_of

if TYPE_CHECKING:
    from ..cells.spool import Spool

SUFFIX = "_label.tiff"  # what the organisers' scorer looks for
TILE = 512  # px, of slides, whose labels are written band by band
BIGTIFF_FROM = 2**31  # bytes before compression; a classic TIFF ends at 4 GiB
CODED: dict[str, Any] = {
    "compression": "zlib",
    "predictor": False,
    "photometric": "minisblack",
    "metadata": None,  # tifffile's own text would take the record's place
}


@dataclass(frozen=True)
class Record:
    """What a label file came from; equal records mean that the work need not be done again."""

    input_sha256: str
    weights: str
    settings: str  # everything that may change a label, as one line


def write_labels(path: Path, labels: NDArray[np.int32], record: Record) -> None:
    """Writes `(H, W)` labels 0..N as zlib TIFF, uint16 where N ≤ 65535, else uint32."""
    import tifffile

    count = int(labels.max(initial=0))
    data = labels.astype(label_dtype(count))
    tifffile.imwrite(
        path,
        data,
        bigtiff=data.nbytes >= BIGTIFF_FROM,
        description=describe(record, count),
        **CODED,
    )


def write_label_bands(
    path: Path, bands: Iterable[NDArray[np.int32]], shape: tuple[int, int], record: Record, spool: Spool
) -> int:
    """Writes labels that come in bands of rows from the top, tile by tile; returns the number of cells.

    The type of the file depends on the number of cells, which only the last
    band tells, so the bands wait in `spool`; whoever writes more of them finds
    them there.
    """
    import tifffile

    count = 0
    for band in bands:
        count = max(count, int(band.max(initial=0)))
        spool.append(band)
    dtype = label_dtype(count)
    tifffile.imwrite(
        path,
        tiles((band.astype(dtype) for band in rows_of(OnDisk(shape, spool.rows))), shape),
        shape=shape,
        dtype=dtype,
        tile=(TILE, TILE),
        bigtiff=shape[0] * shape[1] * dtype.itemsize >= BIGTIFF_FROM,
        description=describe(record, count),
        **CODED,
    )
    return count


def tiles(bands: Iterable[NDArray[Any]], shape: tuple[int, ...]) -> Iterator[NDArray[Any]]:
    """`(TILE, TILE, ...)` tiles in the order of the file, from bands of any height; zeros outside."""
    waiting: list[NDArray[Any]] = []
    rows = 0
    seen = 0
    for band in bands:
        waiting.append(band)
        rows += len(band)
        seen += len(band)
        while rows >= TILE or (seen == shape[0] and rows):
            block = np.concatenate(waiting)
            yield from row_of_tiles(block[:TILE])
            waiting = [block[TILE:]]
            rows = len(waiting[0])


def row_of_tiles(rows: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Cuts up to TILE rows into tiles, padded with zeros."""
    for x in range(0, rows.shape[1], TILE):
        tile = np.zeros((TILE, TILE, *rows.shape[2:]), rows.dtype)
        part = rows[:, x : x + TILE]
        tile[: part.shape[0], : part.shape[1]] = part
        yield tile


def label_dtype(count: int) -> np.dtype[Any]:
    """uint16 where `count` ids fit, else uint32."""
    return np.dtype(np.uint16 if count <= np.iinfo(np.uint16).max else np.uint32)


def describe(record: Record, count: int) -> str:
    """The ImageDescription: ASCII JSON, readable by people and by `read_record`."""
    return json.dumps({"software": "mediar-box", "cells": count, **asdict(record)})


def read_labels(path: Path) -> NDArray[np.int32]:
    """`(H, W)` labels of a file written here."""
    import tifffile

    return tifffile.imread(path).astype(np.int32)


def rewrite_record(path: Path, record: Record) -> None:
    """Puts another record into a label file that was written here."""
    import tifffile

    with tifffile.TiffFile(path, mode="r+") as file:
        count = json.loads(file.pages.first.description)["cells"]
        file.pages.first.tags["ImageDescription"].overwrite(describe(record, count))


def read_record(path: Path) -> Record | None:
    """The record inside a label file; None where there is none, or the file is not a whole label TIFF."""
    import tifffile

    try:
        with tifffile.TiffFile(path) as file:
            values = json.loads(file.pages.first.description)
            return Record(**{field: values[field] for field in Record.__dataclass_fields__})
    except Exception:  # a broken file raises anything, and whatever it is: the image is done again
        return None
