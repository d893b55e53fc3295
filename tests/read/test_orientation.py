"""A photograph that stands upright in every viewer, and lies on its side here."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from imagecodecs import png_encode

from app.read import open_image

UPRIGHT = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
# what is stored, where row 0 and column 0 are the sides that EXIF 2.3 names for each number
STORED = {
    1: UPRIGHT,
    2: np.fliplr(UPRIGHT),  # top, right
    3: np.rot90(UPRIGHT, 2),  # bottom, right
    4: np.flipud(UPRIGHT),  # bottom, left
    5: UPRIGHT.T,  # left, top
    6: np.rot90(UPRIGHT),  # right, top
    7: np.rot90(UPRIGHT, 2).T,  # right, bottom
    8: np.rot90(UPRIGHT, -1),  # left, bottom
}


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + zlib.crc32(name + data).to_bytes(4, "big")


def oriented_png(stored: np.ndarray, number: int) -> bytes:
    """With a pixel size of 2 µm down and 4 µm across as stored."""
    exif = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 274, 3, 1, number, 0, 0)
    data = bytes(png_encode(stored))
    extra = chunk(b"pHYs", struct.pack(">IIB", 250_000, 500_000, 1)) + chunk(b"eXIf", exif)
    return data[:33] + extra + data[33:]


@pytest.mark.parametrize("number", STORED)
def test_pixels_come_as_viewers_show_them(number: int, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(oriented_png(np.ascontiguousarray(STORED[number]), number))
    with open_image(path) as source:
        assert np.array_equal(source.raw_rows(0, 3)[..., 0], UPRIGHT)
        assert (source.info.height, source.info.width) == (3, 4)
        assert source.info.pixel_size_um == pytest.approx((4, 2) if number >= 5 else (2, 4))
        said = " ".join(source.info.notes)
    assert (f"orientation ({number}) is followed" in said) == (number != 1)


@pytest.mark.parametrize("number", [0, 9, 40_000])
def test_numbers_that_mean_nothing(number: int, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(oriented_png(UPRIGHT, number))
    with open_image(path) as source:
        assert np.array_equal(source.raw_rows(0, 3)[..., 0], UPRIGHT)
        assert source.info.notes == ()
