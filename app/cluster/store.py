"""What workers made of a slide, on storage that all machines share: whole or not there, with checksums.

A file per band that was seen (tiles.py) and per block that was tracked (found.py). No locks: two workers may
make one of them, since both make the same bytes, and the name goes to a whole file.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from ..cells.blocks.geometry import Block
from ..network import Band
from . import found, tiles

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
    """All files of one slide."""

    path: Path

    def band(self, part: Part, number: int) -> Path:
        """Where a band of a part's scale lies."""
        columns = "" if part.columns is None else "-{}-{}".format(*part.columns)
        return self.path / f"{part.scale:g}-{part.height}-{number:06d}{columns}.band"

    def put(self, part: Part, number: int, band: Band) -> None:
        """Writes a band; raises OSError."""
        write_whole(self.band(part, number), tiles.pack(band))

    def holds(self, part: Part, number: int) -> bool:
        """Whether a band is there and undamaged."""
        try:
            self.get(part, number)
        except (OSError, ValueError):
            return False
        return True

    def has(self, part: Part) -> bool:
        """Whether all bands of a part are there, as far as their names tell."""
        return all(self.band(part, number).exists() for number in part.bands)

    def get(self, part: Part, number: int, wanted: tiles.Span | None = None) -> NDArray[np.float32]:
        """`(3, h, w)`: what is `wanted` of a band, or all; raises OSError, ValueError where it is damaged."""
        return tiles.unpack(self.band(part, number), wanted)

    def cells(self, scale: float, block: Block) -> Path:
        """Where the cells of a block lie."""
        return self.path / f"{scale:g}-{block.y0}-{block.x0}.cells"

    def put_cells(self, scale: float, block: Block, cells: found.Found) -> None:
        """Writes what was found in a block; raises OSError."""
        write_whole(self.cells(scale, block), found.pack(cells))

    def get_cells(self, scale: float, block: Block) -> found.Found:
        """Reads it; raises OSError, or ValueError where it is damaged."""
        return found.unpack(self.cells(scale, block))

    def holds_cells(self, scale: float, block: Block) -> bool:
        """Whether what was found in a block is there and undamaged."""
        try:
            self.get_cells(scale, block)
        except (OSError, ValueError):
            return False
        return True

    def plan(self) -> dict[str, object]:
        """What the bands that lie here were made by; empty where nothing does."""
        with contextlib.suppress(OSError, ValueError):
            return dict(json.loads((self.path / PLAN).read_text()))
        return {}

    def begin(self, plan: dict[str, object]) -> None:
        """An empty folder for bands made by `plan`; raises OSError."""
        self.remove()
        self.path.mkdir(parents=True)
        write_whole(self.path / PLAN, [json.dumps(plan, indent=1).encode()])

    def remove(self) -> None:
        """Takes everything away."""
        shutil.rmtree(self.path, ignore_errors=True)


def write_whole(path: Path, data: Iterable[bytes]) -> None:
    """A file that takes its name once its bytes are there."""
    temporary = path.with_name(f"{path.name}.{uuid4().hex}")
    try:
        with temporary.open("wb") as file:
            file.writelines(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
