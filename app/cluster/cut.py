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


def place(part: Part, shape: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Rows and columns of a part in the image, px; the second of each is past the last."""
    rows = part.bands.start * part.height, min(part.bands.stop * part.height, shape[0])
    left, right = part.columns or (0, scaled(shape, part.scale)[1])
    return rows, (int(left / part.scale), min(math.ceil(right / part.scale), shape[1]))


def in_words(part: Part, shape: tuple[int, int]) -> str:
    """A part's place for a person."""
    (top, bottom), (left, right) = place(part, shape)
    return f"part at rows {top} to {bottom}, columns {left} to {right}, seen at scale {part.scale:g},"
