"""Pixel sizes from the places where microscopes write them."""

from __future__ import annotations

import struct
import zlib

import imagecodecs
import numpy as np
import pytest
import tifffile

from app.read import open_image

PIXELS = np.arange(600, dtype=np.uint16).reshape(20, 30)


def size_of(path):
    with open_image(path) as source:
        return source.info.pixel_size_um


@pytest.mark.parametrize(("unit", "value"), [("µm", 0.325), ("nm", 325.0), ("mm", 0.000325)])
def test_ome(tmp_path, unit, value):
    path = tmp_path / "a.ome.tif"
    metadata = {"axes": "YX", "PhysicalSizeX": value, "PhysicalSizeXUnit": unit}
    metadata |= {"PhysicalSizeY": value * 2, "PhysicalSizeYUnit": unit}
    tifffile.imwrite(path, PIXELS, metadata=metadata)
    assert size_of(path) == pytest.approx((0.65, 0.325))


@pytest.mark.parametrize("unit", ["micron", "um", r"\u00B5m"])
def test_imagej(tmp_path, unit):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, PIXELS, imagej=True, resolution=(4, 2), metadata={"unit": unit})
    assert size_of(path) == pytest.approx((0.5, 0.25))


@pytest.mark.parametrize(("unit", "per_um"), [("CENTIMETER", 1e4), ("INCH", 25400)])
def test_tiff_resolution(tmp_path, unit, per_um):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, PIXELS, resolution=(4 * per_um, 2 * per_um), resolutionunit=unit)
    assert size_of(path) == pytest.approx((0.5, 0.25))


def test_resolution_of_a_screen_is_no_pixel_size(tmp_path):
    """72 dots per inch say nothing about cells."""
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, PIXELS, resolution=(72, 72), resolutionunit="INCH")
    assert size_of(path) is None


@pytest.mark.parametrize("resolution", [(0, 0), (1, 0)])
def test_no_resolution(tmp_path, resolution):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, PIXELS, resolution=resolution, resolutionunit="CENTIMETER")
    assert size_of(path) is None


def test_png(tmp_path):
    data = imagecodecs.png_encode(PIXELS)
    body = b"pHYs" + struct.pack(">IIB", 4_000_000, 2_000_000, 1)
    chunk = struct.pack(">I", 9) + body + struct.pack(">I", zlib.crc32(body))
    path = tmp_path / "a.png"
    path.write_bytes(data[:33] + chunk + data[33:])
    assert size_of(path) == pytest.approx((0.5, 0.25))
