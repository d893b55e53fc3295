"""Where a slide is cut into parts: rows first, and columns where rows alone leave workers idle at the end.

Neither the cut nor the number of workers shows in the result.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

from ..network.parts import count_bands
from ..network.scales import scaled
from ..settings import Windows
from .blocks import Piece
from .store import Part

ROWS = 2048  # of its scale that a part has at least: the halo above it is half a window's work to a quarter
HALO = Windows.size  # px: about what windows see beside the columns of a part


def cut(shape: tuple[int, int], scale: float, height: int, workers: int) -> list[Part]:
    """The parts of one scale: some per worker, so that none waits for long, of not too few rows each."""
    count = count_bands(shape, scale, height)
    least = math.ceil(ROWS / math.ceil(height * scale))
    each = max(least, count // (3 * workers), 1)
    return [Part(scale, height, range(first, min(first + each, count))) for first in range(0, count, each)]


def evened(
    parts: list[Part], shape: tuple[int, int], workers: int, done: Callable[[Part], bool]
) -> list[Part]:
    """The parts of the last scale, the odd ones at the end cut in columns, so that all workers end together.

    Three parts on two workers took as long as four. Those that are `done` stay whole.
    """
    odd = len(parts) % workers
    if not odd:
        return parts
    width = scaled(shape, parts[0].scale)[1]
    # rounds of parts that stand side by side, each as long as its columns and their halo
    pieces = min(
        range(1, max(width // ROWS, 1) + 1),
        key=lambda number: math.ceil(odd * number / workers) * (width / number + HALO * (number > 1)),
    )
    edges = [width * number // pieces for number in range(pieces + 1)]
    even = parts[:-odd]
    for part in parts[-odd:]:
        if pieces == 1 or done(part):
            even.append(part)
        else:
            even += [replace(part, columns=pair) for pair in pairwise(edges)]
    return even


def place(task: Part | Piece, shape: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Rows and columns of a part or a block in the image, px; the second of each is past the last."""
    if isinstance(task, Piece):
        block = task.block
        rows = in_image(block.y0, block.y1, task.scale, shape[0])
        return rows, in_image(block.x0, block.x1, task.scale, shape[1])
    rows = task.bands.start * task.height, min(task.bands.stop * task.height, shape[0])
    left, right = task.columns or (0, scaled(shape, task.scale)[1])
    return rows, in_image(left, right, task.scale, shape[1])


def in_image(first: int, last: int, scale: float, side: int) -> tuple[int, int]:
    """Px of a scale's grid in the image."""
    return int(first / scale), min(math.ceil(last / scale), side)


def in_words(task: Part | Piece, shape: tuple[int, int]) -> str:
    """Its place for a person."""
    (top, bottom), (left, right) = place(task, shape)
    what, done = ("block", "tracked") if isinstance(task, Piece) else ("part", "seen")
    return f"{what} at rows {top} to {bottom}, columns {left} to {right}, {done} at scale {task.scale:g},"
