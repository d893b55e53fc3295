"""Blocks of a scale that workers track, and the bands that each needs, read from where workers left them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..cells.blocks.geometry import Block, row_of_blocks, tops
from ..network import Band, scaled
from ..settings import Tracking
from .store import Folder, Part
from .tiles import Span


@dataclass(frozen=True)
class Piece:
    """A block that one task tracks."""

    scale: float
    grid: tuple[int, int]  # height and width of the image at the scale, px
    block: Block  # the inner part, px of the grid
    parts: tuple[Part, ...]  # into which its halo may reach


def pieces(
    parts: Sequence[Part], shape: tuple[int, int], tracking: Tracking, halo: int
) -> Iterator[list[Piece]]:
    """The rows of blocks of the scale that `parts` make up, from the top."""
    scale = parts[0].scale
    height, width = grid = scaled(shape, scale)
    rectangles = [(part, rectangle(part, grid)) for part in parts]
    for y0 in tops(height, tracking.block):
        row = []
        for block in row_of_blocks(y0, tracking.block, height, width):
            outer = block.outer(halo, height, width)
            needed = tuple(part for part, where in rectangles if common(where, outer))
            row.append(Piece(scale, grid, block, needed))
        yield row


def rectangle(part: Part, grid: tuple[int, int]) -> Block:
    """Where a part lies on the grid of its scale."""
    step = math.ceil(part.height * part.scale)
    left, right = part.columns or (0, grid[1])
    return Block(part.bands.start * step, left, min(part.bands.stop * step, grid[0]), right)


def common(one: Block, other: Block) -> Block | None:
    """What two rectangles share."""
    shared = Block(max(one.y0, other.y0), max(one.x0, other.x0), min(one.y1, other.y1), min(one.x1, other.x1))
    return shared if shared.y0 < shared.y1 and shared.x0 < shared.x1 else None


@dataclass(frozen=True)
class Stored:
    """Bands on shared storage as a source of blocks."""

    folder: Folder
    grid: tuple[int, int]
    parts: Sequence[Part]
    mend: Callable[[Part, int], None]  # puts a band there once more

    @property
    def height(self) -> int:
        """Px."""
        return self.grid[0]

    @property
    def width(self) -> int:
        """Px."""
        return self.grid[1]

    def cut(self, part: Block, threshold: float) -> Band | None:
        """See `app.cells.blocks.track.Source`. Raises TrackingError for NaN or infinity."""
        from ..cells.foreground import check

        rows = self.read(part)
        check(rows[:2], rows[2])
        return (rows[:2], rows[2]) if (rows[2] > threshold).any() else None

    def read(self, wanted: Block) -> NDArray[np.float32]:
        """`(3, h, w)` flow and probability of a rectangle; a damaged band is mended once. Raises OSError."""
        out = np.empty((3, wanted.y1 - wanted.y0, wanted.x1 - wanted.x0), np.float32)
        for part in self.parts:
            for number in part.bands:
                band = rectangle(one_band(part, number), self.grid)
                shared = common(band, wanted)
                if shared is None:
                    continue
                y0, x0, y1, x1 = shared.within(wanted)
                out[:, y0:y1, x0:x1] = self.band(part, number, shared.within(band))
        return out

    def band(self, part: Part, number: int, where: tuple[int, int, int, int]) -> NDArray[np.float32]:
        """`(3, h, w)` of one band from row y0, column x0 to y1, x1."""
        y0, x0, y1, x1 = where
        span = Span(y0, y1, x0, x1)
        try:
            return self.folder.get(part, number, span)
        except (OSError, ValueError):
            self.mend(part, number)
            return self.folder.get(part, number, span)


def one_band(part: Part, number: int) -> Part:
    """A part of one band, of the same columns."""
    return Part(part.scale, part.height, range(number, number + 1), part.columns)
