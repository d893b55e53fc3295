"""Parts: every pixel once, and workers that end together."""

from __future__ import annotations

import math

import numpy as np
import pytest

from app.cluster.cut import cut, evened, in_words, place
from app.cluster.store import Part


def never(_: Part) -> bool:
    return False


@pytest.mark.parametrize("workers", [1, 2, 3, 7, 64])
@pytest.mark.parametrize("scale", [1.0, 0.5, 0.125])
def test_every_pixel_is_in_one_part(scale: float, workers: int) -> None:
    """A seam that nobody does, or a column that two do, would show as a line of lost or doubled cells."""
    shape, height = (9001, 20003), 838
    seen = np.zeros((math.ceil(shape[0] / height), math.ceil(shape[1] * scale)), np.int8)
    for part in evened(cut(shape, scale, height, workers), shape, workers, never):
        left, right = part.columns or (0, seen.shape[1])
        seen[part.bands.start : part.bands.stop, left:right] += 1
    assert (seen == 1).all()


def test_odd_parts_are_cut_in_columns() -> None:
    """Three parts on two workers took as long as four, and the mosaic of 6000 × 7000 gained half only."""
    shape = 6000, 7000
    rows = cut(shape, 1.0, 2048, 2)
    assert len(rows) == 3
    parts = evened(rows, shape, 2, never)
    assert parts[:2] == rows[:2]
    assert [part.columns for part in parts[2:]] == [(0, 3500), (3500, 7000)]
    assert evened(rows, shape, 1, never) == rows
    assert evened(rows, shape, 3, never) == rows
    assert evened(rows, shape, 2, lambda _: True) == rows  # as another number of workers left them


def test_narrow_slides_stay_whole() -> None:
    """Columns of half a window would be seen twice over."""
    shape = 6000, 3000
    assert len(evened(cut(shape, 1.0, 2048, 64), shape, 64, never)) == 3


def test_places_in_the_image() -> None:
    """What a person is told of a part at a coarse scale must be found in the image."""
    part = Part(0.25, 2048, range(1, 3), (500, 1001))
    assert place(part, (5001, 4001)) == ((2048, 5001), (2000, 4001))
    assert place(Part(0.25, 2048, range(1)), (5001, 4001)) == ((0, 2048), (0, 4001))
    assert (
        in_words(part, (5001, 4001)) == "part at rows 2048 to 5001, columns 2000 to 4001, seen at scale 0.25,"
    )
