"""Bands as files: every float back, and no damage that is not seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.cluster.tiles import Span, pack, unpack


@pytest.fixture
def band(tmp_path: Path) -> tuple[Path, np.ndarray]:
    """A file of four tiles, two of them glass, and what is in it."""
    rows = np.random.default_rng(0).normal(size=(3, 600, 700)).astype(np.float32)
    rows[:2, :, 512:] = 0
    rows[2, :, 512:] = 1e-5
    path = tmp_path / "one.band"
    path.write_bytes(b"".join(pack((rows[:2], rows[2]))))
    return path, rows


def test_any_rectangle_comes_back(band: tuple[Path, np.ndarray]) -> None:
    """A block begins and ends inside of tiles."""
    path, rows = band
    assert (unpack(path) == rows).all()
    for span in (
        Span(0, 600, 0, 700),
        Span(510, 514, 500, 520),
        Span(599, 600, 699, 700),
        Span(0, 1, 512, 700),
    ):
        assert (unpack(path, span) == rows[:, span.y0 : span.y1, span.x0 : span.x1]).all()


def test_glass_shrinks(band: tuple[Path, np.ndarray]) -> None:
    """Most of a slide is glass, and storage is shared."""
    path, rows = band
    assert path.stat().st_size < rows[:, :, :512].nbytes * 1.02


@pytest.mark.parametrize("at", [0, 33, 40, 60, 200, 5000, -3])
def test_a_changed_byte_is_seen(band: tuple[Path, np.ndarray], at: int) -> None:
    """In the head or in a tile."""
    path, _ = band
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match="damaged"):
        unpack(path)


@pytest.mark.parametrize("left", [0, 20, 40, 100, 5000])
def test_a_file_that_was_cut_is_seen(band: tuple[Path, np.ndarray], left: int) -> None:
    """As a disk that is full leaves it."""
    path, _ = band
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(ValueError, match="damaged"):
        unpack(path)
