"""Rows of TIFF pages, decoding only the strips or tiles that hold them.

page      y0 ─┬───────┬───────┬───────┐    a segment is a strip or a tile;
          y1 ─┤  4    │  5    │  6    │    those that rows y0..y1 touch are
              └───────┴───────┴───────┘    read, decoded and kept for a while
"""

from __future__ import annotations

import math
import os
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..system.machine import cpu_limit
from .segment_header import declared_size


class Segments:
    """The decoded segments used last, up to `budget` bytes."""

    def __init__(self, descriptor: int, budget: int) -> None:
        self.descriptor = descriptor
        self.budget = budget
        self.held = 0
        self.cache: OrderedDict[tuple[int, int], NDArray[np.generic] | None] = OrderedDict()
        self.workers = ThreadPoolExecutor(cpu_limit())

    def get(self, page: Page, indices: list[int]) -> Iterator[tuple[int, NDArray[np.generic] | None]]:
        """Index and `(h, w, samples)` of each segment, None where the file leaves it out."""
        missing = [i for i in indices if (page.number, i) not in self.cache]
        decoded = self.workers.map(lambda index: page.decode(self.descriptor, index), missing)
        fresh = dict(zip(missing, decoded, strict=True))
        for index in indices:
            key = page.number, index
            if index in fresh:
                self.cache[key] = fresh[index]
                self.held += size(fresh[index])
            self.cache.move_to_end(key)
            yield index, self.cache[key]
        while self.held > self.budget:
            self.held -= size(self.cache.popitem(last=False)[1])

    def close(self) -> None:
        self.workers.shutdown()
        self.cache.clear()


@dataclass(frozen=True)
class Page:
    """One page (IFD) of a TIFF; `keyframe` describes it, since pages of one shape share a description."""

    number: int
    keyframe: Any  # tifffile.TiffPage
    offsets: tuple[int, ...]
    counts: tuple[int, ...]
    jpegtables: bytes | None
    plain: int | None  # position in the file of uncompressed pixels that lie in one piece

    @property
    def samples(self) -> int:
        """Channels that this page holds."""
        return int(self.keyframe.shaped[0] * self.keyframe.shaped[-1])

    @property
    def segment_shape(self) -> tuple[int, int]:
        """Rows and columns of one strip or tile."""
        frame = self.keyframe
        if frame.is_tiled:
            return int(frame.tilelength), int(frame.tilewidth)
        return int(min(frame.rowsperstrip, frame.imagelength)), int(frame.imagewidth)

    def read(self, out: NDArray[np.generic], y0: int, segments: Segments) -> None:
        """Fills `out` `(h, W, samples)` with the rows from `y0` on."""
        if self.plain is not None:
            self.read_plain(out, y0, segments.descriptor)
        else:
            self.read_segments(out, y0, segments)

    def read_plain(self, out: NDArray[np.generic], y0: int, descriptor: int) -> None:
        assert self.plain is not None
        planes, _, height, width, samples = self.keyframe.shaped
        dtype = np.dtype(self.keyframe.parent.byteorder + self.keyframe.dtype.char)
        row = width * samples * dtype.itemsize
        for plane in range(planes):
            data = read_at(descriptor, self.plain + (plane * height + y0) * row, out.shape[0] * row)
            values = np.frombuffer(data, dtype).reshape(out.shape[0], width, samples)
            out[..., plane * samples : (plane + 1) * samples] = values

    def read_segments(self, out: NDArray[np.generic], y0: int, segments: Segments) -> None:
        planes, _, height, width, samples = self.keyframe.shaped
        tall, wide = self.segment_shape
        down, across = math.ceil(height / tall), math.ceil(width / wide)
        y1 = y0 + out.shape[0]
        inside = range(y0 // tall * across, math.ceil(y1 / tall) * across)
        for plane in range(planes):
            wanted = [plane * down * across + i for i in inside]
            target = out[..., plane * samples : (plane + 1) * samples]
            for index, values in segments.get(self, wanted):
                y, x = index // across % down * tall, index % across * wide
                top, bottom = max(y, y0), min(y + tall, y1)
                piece = target[top - y0 : bottom - y0, x : x + wide]
                if values is None:
                    piece[...] = self.keyframe.nodata
                else:
                    piece[...] = values[top - y : bottom - y, : piece.shape[1]]

    def decode(self, descriptor: int, index: int) -> NDArray[np.generic] | None:
        """One segment, `(h, w, samples)`."""
        if self.counts[index] == 0:
            return None
        data = read_at(descriptor, self.offsets[index], self.counts[index])
        declared = declared_size(data, self.keyframe.compression)
        if declared is not None and math.prod(declared) > math.prod(self.segment_shape):
            raise ValueError(f"a strip or tile declares {declared[0]} × {declared[1]} pixels of its own")
        header = self.keyframe.jpegheader
        values = self.keyframe.decode(data, index, jpegtables=self.jpegtables, jpegheader=header)[0]
        return values[0]


def read_at(descriptor: int, offset: int, count: int) -> bytearray:
    """Exactly `count` bytes; raises ValueError where the file ends before."""
    data = bytearray(count)
    view = memoryview(data)
    done = 0
    while done < count:
        got = os.preadv(descriptor, [view[done : done + (1 << 30)]], offset + done)
        if got == 0:
            raise ValueError(f"the file ends {count - done} bytes before its pixels do")
        done += got
    return data


def size(values: NDArray[np.generic] | None) -> int:
    return 0 if values is None else values.nbytes
