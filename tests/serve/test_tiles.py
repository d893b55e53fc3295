"""Tiles put together are the image, at every level, and their contours have no seams."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from imagecodecs import png_decode

from app.read import open_image
from app.serve import look
from app.serve.look import level_count, level_shape, make_look, open_level
from app.serve.tiles import cell_tile, image_tile, painted
from app.write.appearance import as_seen
from app.write.pyramid import mean_of_four


@pytest.mark.parametrize("level", [0, 1, 2])
def test_contours_have_no_seams(level: int) -> None:
    rng = np.random.default_rng(1)
    labels = np.repeat(np.repeat(rng.integers(0, 60, (30, 37)), 20, 0), 20, 1).astype(np.int32)
    small = labels[:: 1 << level, :: 1 << level]
    whole = painted(np.pad(small, 1, mode="edge"))
    rows = []
    for row in range(-(-small.shape[0] // 256)):
        tiles = [cell_tile(labels, level, column, row) for column in range(-(-small.shape[1] // 256))]
        rows.append(np.concatenate([png_decode(tile) for tile in tiles if tile], axis=1))
    np.testing.assert_array_equal(np.concatenate(rows), whole)
    assert cell_tile(labels, level, 99, 0) is None
    assert cell_tile(labels, level, 0, 99) is None


def test_beyond_the_image_is_no_tile() -> None:
    level = np.zeros((300, 200, 3), np.uint8)
    assert image_tile(level, 0, 1)
    assert image_tile(level, 1, 0) is None


@pytest.mark.parametrize("shape", [(701, 300), (257, 256), (1, 999)])
def test_levels_in_bands_are_those_of_the_whole(
    shape: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(2)
    tifffile.imwrite(tmp_path / "a.tif", rng.integers(0, 4000, shape).astype(np.uint16))
    monkeypatch.setattr(look, "BAND", 64)
    with open_image(tmp_path / "a.tif") as source:
        make_look(source, tmp_path)
        expected = as_seen(source.raw_rows(0, shape[0]), source.rows(0, shape[0]))
    for level in range(level_count(shape)):
        found = open_level(tmp_path, level)
        assert found.shape == (*level_shape(shape, level), 3)
        assert np.abs(found.astype(int) - expected).max() <= 1 + level  # rounded once a level
        expected = mean_of_four(expected)


def test_the_number_of_levels_has_an_end() -> None:
    """A level's rows must be a whole number in each band."""
    assert look.BAND >> (level_count((1 << 20, 10)) - 1) >= 1
