"""A band as a file of tiles, each with its checksum: a block reads what it needs, and knows that it is whole.

    sha256 of the head | head: height, width, bytes of each tile (int64), sha256 of each tile | tiles

A tile is `(3, h, w)` float32 flow y, flow x, probability. Glass, which has no flow, is packed and shrinks to
nothing; tissue stays as it is, since packing it took as long as an eighth of the network and gained a tenth.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..network import Band

TILE = 512  # px, both sides
SUM = 32  # bytes of a sha256
LEVEL = 1  # of zlib


@dataclass(frozen=True)
class Span:
    """A tile's rows and columns in its band, from the first to past the last."""

    y0: int
    y1: int
    x0: int
    x1: int


def spans(height: int, width: int) -> Iterator[Span]:
    """The tiles of a band in the order of the file."""
    for y in range(0, height, TILE):
        for x in range(0, width, TILE):
            yield Span(y, min(y + TILE, height), x, min(x + TILE, width))


def pack(band: Band) -> list[bytes]:
    """The parts of the file, in their order."""
    flow, probability = band
    tiles = []
    for one in spans(*probability.shape):
        where = np.s_[one.y0 : one.y1, one.x0 : one.x1]
        tile = np.concatenate((flow[:, *where], probability[None, *where]))
        raw = tile.tobytes()
        tiles.append(raw if tile[:2].any() else zlib.compress(raw, LEVEL))
    sizes = np.array([*probability.shape, *map(len, tiles)], "<i8").tobytes()
    head = sizes + b"".join(hashlib.sha256(tile).digest() for tile in tiles)
    return [hashlib.sha256(head).digest(), head, *tiles]


def unpack(path: Path, wanted: Span | None = None) -> NDArray[np.float32]:
    """`(3, h, w)`: what is `wanted` of the band, or all; raises OSError, ValueError where that is damaged."""
    with path.open("rb") as file:
        shape, tiles = read_head(path, file)
        wanted = wanted or Span(0, shape[0], 0, shape[1])
        out = np.empty((3, wanted.y1 - wanted.y0, wanted.x1 - wanted.x0), np.float32)
        for one, offset, size, digest in tiles:
            y0, y1 = max(one.y0, wanted.y0), min(one.y1, wanted.y1)
            x0, x1 = max(one.x0, wanted.x0), min(one.x1, wanted.x1)
            if y0 >= y1 or x0 >= x1:
                continue
            file.seek(offset)
            data = file.read(size)
            if hashlib.sha256(data).digest() != digest:
                raise ValueError(f"{path}: is damaged")
            expected = 3 * 4 * (one.y1 - one.y0) * (one.x1 - one.x0)
            flat = np.frombuffer(data if size == expected else zlib.decompress(data), np.float32)
            tile = flat.reshape(3, one.y1 - one.y0, one.x1 - one.x0)
            out[:, y0 - wanted.y0 : y1 - wanted.y0, x0 - wanted.x0 : x1 - wanted.x0] = tile[
                :, y0 - one.y0 : y1 - one.y0, x0 - one.x0 : x1 - one.x0
            ]
    return out


def read_head(path: Path, file: BinaryIO) -> tuple[tuple[int, int], list[tuple[Span, int, int, bytes]]]:
    """Height and width of a band, and each tile's place, offset, size and checksum; raises ValueError."""
    digest, first = file.read(SUM), file.read(16)
    if len(first) < 16:
        raise ValueError(f"{path}: is damaged")
    height, width = np.frombuffer(first, "<i8").tolist()
    count = -(-height // TILE) * -(-width // TILE)
    rest = file.read(min(max(count, 0), path.stat().st_size) * (8 + SUM))
    if hashlib.sha256(first + rest).digest() != digest:
        raise ValueError(f"{path}: is damaged")
    sizes = np.frombuffer(rest, "<i8", count).tolist()
    digests = [rest[8 * count + SUM * n :][:SUM] for n in range(count)]
    offsets = (SUM + 16 + len(rest) + np.cumsum([0, *sizes])).tolist()
    return (height, width), list(zip(spans(height, width), offsets[:-1], sizes, digests, strict=True))
