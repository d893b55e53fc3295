"""Where blocks lie.

┌───────────────┐ outer part: what is tracked
│ halo          │
│   ┌───────┐   │
│   │ inner │   │ inner parts tile the image; a block owns the cells whose seed lies in its own
│   └───────┘   │
└───────────────┘
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Block:
    """Rows y0..y1 and columns x0..x1 (exclusive) of the inner part, px of the whole image."""

    y0: int
    x0: int
    y1: int
    x1: int

    def outer(self, halo: int, height: int, width: int) -> Block:
        """This part and `halo` px around it, cut at the image's edges."""
        return Block(
            max(self.y0 - halo, 0),
            max(self.x0 - halo, 0),
            min(self.y1 + halo, height),
            min(self.x1 + halo, width),
        )

    def inside(self, edge: int, height: int, width: int) -> Block:
        """This part without `edge` px along its sides, except where they are the image's."""
        return Block(
            self.y0 + edge * (self.y0 > 0),
            self.x0 + edge * (self.x0 > 0),
            self.y1 - edge * (self.y1 < height),
            self.x1 - edge * (self.x1 < width),
        )

    def within(self, other: Block) -> tuple[int, int, int, int]:
        """y0, x0, y1, x1 of this part, counted from the corner of `other`."""
        return self.y0 - other.y0, self.x0 - other.x0, self.y1 - other.y0, self.x1 - other.x0


def tops(height: int, size: int) -> range:
    """The rows at which the inner parts of blocks begin."""
    return range(0, height, size)


def row_of_blocks(y0: int, size: int, height: int, width: int) -> Iterator[Block]:
    """The blocks whose inner parts begin at row `y0`, from left to right."""
    for x0 in range(0, width, size):
        yield Block(y0, x0, min(y0 + size, height), min(x0 + size, width))
