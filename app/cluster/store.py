"""Bands of a slide on storage that all machines share: whole or not there, each with its checksum.

A file is sha256 of the rest (32 bytes), height and width (two int64), and
`(3, h, W)` float32 flow y, flow x, probability, zlib. No locks: two workers may
make one band, since both make the same bytes, and the name goes to a whole file.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from ..network import Band

SUM = 32  # bytes of a sha256
SIZE = struct.Struct("<qq")
LEVEL = 1  # of zlib: glass shrinks to nothing, tissue hardly at any level
PLAN = "plan.json"


@dataclass(frozen=True)
class Part:
    """Bands of one scale, or some columns of them, that one task sees."""

    scale: float
    height: int  # of a band, image rows
    bands: range  # their numbers, from 0 at the top
    columns: tuple[int, int] | None = None  # the first, and the one past the last, px at the scale


@dataclass(frozen=True)
class Folder:
    """The bands of one slide."""

    path: Path

    def band(self, part: Part, number: int) -> Path:
        """Where a band of a part's scale lies."""
        columns = "" if part.columns is None else "-{}-{}".format(*part.columns)
        return self.path / f"{part.scale:g}-{part.height}-{number:06d}{columns}.band"

    def put(self, part: Part, number: int, band: Band) -> None:
        """Writes a band; raises OSError."""
        rows = np.concatenate((band[0], band[1][None]))
        rest = SIZE.pack(*rows.shape[1:]) + zlib.compress(rows.tobytes(), LEVEL)
        write_whole(self.band(part, number), hashlib.sha256(rest).digest() + rest)

    def holds(self, part: Part, number: int) -> bool:
        """Whether a band is there and undamaged."""
        try:
            checked(self.band(part, number))
        except (OSError, ValueError):
            return False
        return True

    def has(self, part: Part) -> bool:
        """Whether all bands of a part are there, as far as their names tell."""
        return all(self.band(part, number).exists() for number in part.bands)

    def get(self, part: Part, number: int) -> Band:
        """Reads a band; raises OSError, or ValueError where it is damaged."""
        rest = checked(self.band(part, number))
        shape = SIZE.unpack_from(rest)
        flat = np.frombuffer(bytearray(zlib.decompress(rest[SIZE.size :])), np.float32)
        rows: NDArray[np.float32] = flat.reshape(3, *shape)
        return rows[:2], rows[2]

    def plan(self) -> dict[str, object]:
        """What the bands that lie here were made by; empty where nothing does."""
        with contextlib.suppress(OSError, ValueError):
            return dict(json.loads((self.path / PLAN).read_text()))
        return {}

    def begin(self, plan: dict[str, object]) -> None:
        """An empty folder for bands made by `plan`; raises OSError."""
        self.remove()
        self.path.mkdir(parents=True)
        write_whole(self.path / PLAN, json.dumps(plan, indent=1).encode())

    def remove(self) -> None:
        """Takes everything away."""
        shutil.rmtree(self.path, ignore_errors=True)


def checked(path: Path) -> bytes:
    """What follows the checksum of a file; raises OSError, or ValueError where the two don't fit."""
    data = path.read_bytes()
    if hashlib.sha256(memoryview(data)[SUM:]).digest() != data[:SUM]:
        raise ValueError(f"{path}: is damaged")
    return data[SUM:]


def write_whole(path: Path, data: bytes) -> None:
    """A file that takes its name once its bytes are there."""
    temporary = path.with_name(f"{path.name}.{uuid4().hex}")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
