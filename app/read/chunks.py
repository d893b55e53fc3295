"""Rows of one plane of an open OME-Zarr, decoding only the chunks that hold them."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray

from ..errors import ReadError
from .address import address
from .layout import Layout
from .limits import Limits
from .ngff import Multiscale
from .opening import AGAIN, unreadable
from .quiet import quiet
from .stored import Facts

if TYPE_CHECKING:
    import zarr


@dataclass(frozen=True)
class Found:
    """The image in an open store."""

    array: zarr.Array[Any]
    metadata: Multiscale
    layout: Layout


@contextmanager
def faults(path: Path) -> Iterator[None]:
    """Whatever fails inside is one ReadError."""
    try:
        yield
    except ReadError:
        raise
    except Exception as cause:  # foreign code on foreign data: whatever it raises, the file is at fault
        raise unreadable(path, f"is a damaged OME-Zarr: {cause}", AGAIN) from cause


class Rows:
    """Rows of one plane of an open store; the rows of chunks used last are kept."""

    def __init__(self, path: Path, store: Any, found: Found, number: int, limits: Limits) -> None:
        self.path = path
        self.store = store
        self.array = found.array
        self.axes = found.metadata.axes
        self.tall = max(int(found.array.chunks[self.axes.index("Y")]), 1)
        self.cache: OrderedDict[int, NDArray[np.generic]] = OrderedDict()
        layout = found.layout
        digits = np.unravel_index(layout.pages(number)[0], layout.leading) if layout.leading else ()
        names = layout.axes[: len(layout.leading)]
        self.place = {axis: int(digit) for axis, digit in zip(names, digits, strict=True) if axis != "C"}
        self.facts = self.make_facts(found, limits)
        row = min(self.tall, layout.height) * layout.width * self.facts.channels * self.facts.dtype.itemsize
        self.keep = max(limits.cache // row, 3)  # rows of chunks
        missing, total = self.left_out()
        if missing == total:
            raise unreadable(path, f"holds no pixels: none of its {total} chunks is there", AGAIN)
        if missing:
            note = f"{missing} of its {total} chunks are not there and read as empty"
            self.facts = self.facts.noting(note)

    def make_facts(self, found: Found, limits: Limits) -> Facts:
        layout = found.layout
        channels = layout.leading[layout.channel] if layout.channel >= 0 else 1
        dtype = np.dtype(found.array.dtype).newbyteorder("=")
        names = [*codec_names(found.array.metadata.to_dict())]
        return Facts(
            height=layout.height,
            width=layout.width,
            axes=layout.axes,
            channels=channels,
            dtype=dtype,
            compression=next((name for name in reversed(names) if name not in ("bytes", "crc32c")), "none"),
            pixel_size_um=found.metadata.pixel_size_um,
            pages=layout.planes,
            banded=layout.height * layout.width * channels * dtype.itemsize > limits.banded_from,
            notes=found.metadata.notes,
        )

    def rows(self, y0: int, y1: int) -> NDArray[np.generic]:
        """`(y1 - y0, W, C)` values as stored; raises ReadError."""
        out = np.empty((y1 - y0, self.facts.width, self.facts.channels), self.facts.dtype)
        with faults(self.path), quiet():
            for index in range(y0 // self.tall, math.ceil(y1 / self.tall)):
                top = index * self.tall
                first, last = max(top, y0), min(top + self.tall, y1)
                out[first - y0 : last - y0] = self.chunks(index)[first - top : last - top]
        return out

    def chunks(self, index: int) -> NDArray[np.generic]:
        """One row of chunks, `(h, W, C)`."""
        if index not in self.cache:
            y = slice(index * self.tall, min((index + 1) * self.tall, self.facts.height))
            where = tuple(self.place.get(axis, y if axis == "Y" else slice(None)) for axis in self.axes)
            block = np.asarray(self.array[where])
            left = [axis for axis in self.axes if axis not in self.place]
            if "C" not in left:
                left.append("C")
                block = block[..., None]
            self.cache[index] = block.transpose([left.index(axis) for axis in "YXC"])
        self.cache.move_to_end(index)
        while len(self.cache) > self.keep:
            self.cache.popitem(last=False)
        return self.cache[index]

    def close(self) -> None:
        self.cache.clear()
        self.store.close()

    def left_out(self) -> tuple[int, int]:
        """Chunks of this plane that are not there, and how many it has; an address is not asked."""
        has = self.looker()
        pieces = getattr(self.array, "shards", None) or self.array.chunks
        grid = [
            [self.place[axis] // size] if axis in self.place else range(math.ceil(length / size))
            for axis, size, length in zip(self.axes, pieces, self.array.shape, strict=True)
        ]
        total = math.prod(map(len, grid))
        if has is None:
            return 0, total
        key = self.array.metadata.encode_chunk_key
        return sum(not has(f"{self.array.path}/{key(place)}") for place in product(*grid)), total

    def looker(self) -> Callable[[str], bool] | None:
        """Tells whether a key is in the store."""
        if address(self.path):
            return None
        if self.path.is_dir():
            return lambda key: (self.path / key).is_file()
        with ZipFile(self.path) as file:
            return set(file.namelist()).__contains__


def codec_names(metadata: Mapping[str, Any]) -> Iterator[str]:
    """Names of all codecs of an array, those inside of others too."""
    inner = metadata.get("configuration") or metadata
    every = [*(inner.get("codecs") or ()), *(inner.get("index_codecs") or ()), *(inner.get("filters") or ())]
    for codec in (*every, *([inner["compressor"]] if inner.get("compressor") else ())):
        yield str(codec.get("name", codec.get("id"))).removeprefix("numcodecs.")
        yield from codec_names(codec) if "configuration" in codec else ()
