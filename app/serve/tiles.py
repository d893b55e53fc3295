"""One tile of an image, or of the contours of its cells, made when it is asked for; nothing is kept.

Level 0 is full size, level k a 2ᵏ-th of it. A tile costs some milliseconds and holds its own pixels only, so
neither the size of an image nor the number of people who look at it costs memory.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..write.colouring import PALETTE

SIDE = 256  # px
QUALITY = 90  # of JPEG
LINE = 255  # of 255: opacity of a contour
GROUND = 46  # and of what lies within


def image_tile(level: NDArray[np.uint8], column: int, row: int) -> bytes | None:
    """JPEG of one tile of a level `(h, w, 3)`; None outside of the image."""
    from imagecodecs import jpeg8_encode

    tile = level[row * SIDE : (row + 1) * SIDE, column * SIDE : (column + 1) * SIDE]
    return bytes(jpeg8_encode(np.ascontiguousarray(tile), level=QUALITY)) if tile.size else None


def cell_tile(labels: NDArray[np.int32], level: int, column: int, row: int) -> bytes | None:
    """PNG with transparency: contours one pixel wide and a breath of colour inside; None outside."""
    from imagecodecs import png_encode

    tile = labels_around(labels, level, column, row)
    if tile is None:
        return None
    return bytes(png_encode(painted(tile), level=1))


def labels_around(labels: NDArray[np.int32], level: int, column: int, row: int) -> NDArray[np.int32] | None:
    """`(h + 2, w + 2)` labels of a tile and one pixel around it; beyond the image its edge is repeated."""
    step = 1 << level
    height, width = -(-labels.shape[0] // step), -(-labels.shape[1] // step)
    y0, x0 = row * SIDE, column * SIDE
    if y0 >= height or x0 >= width:
        return None
    y1, x1 = min(y0 + SIDE, height), min(x0 + SIDE, width)
    top, left = max(y0 - 1, 0), max(x0 - 1, 0)
    bottom, right = min(y1 + 1, height), min(x1 + 1, width)
    tile = labels[top * step : (bottom - 1) * step + 1 : step, left * step : (right - 1) * step + 1 : step]
    frame = ((int(top == y0), int(bottom == y1)), (int(left == x0), int(right == x1)))
    return np.pad(tile, frame, mode="edge")


def painted(tile: NDArray[np.int32]) -> NDArray[np.uint8]:
    """`(h + 2, w + 2)` labels → `(h, w, 4)` RGBA; a contour lies inside of its cell."""
    cells = tile[1:-1, 1:-1]
    rim = np.zeros(cells.shape, bool)
    for other in (tile[:-2, 1:-1], tile[2:, 1:-1], tile[1:-1, :-2], tile[1:-1, 2:]):
        rim |= cells != other
    rgba = np.zeros((*cells.shape, 4), np.uint8)
    inside = cells > 0
    rgba[..., :3] = colour_of(cells)
    rgba[..., 3] = np.where(inside, np.where(rim, LINE, GROUND), 0)
    return rgba


def colour_of(cells: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Colours of Okabe and Ito by id; ids of neighbours are seldom a multiple of seven apart."""
    colours: NDArray[np.uint8] = PALETTE[(cells * 3) % len(PALETTE)]
    return colours
