"""Files that are right, and unlike what one expects: their shapes, values and names."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator

import imagecodecs
import numpy as np

from .build import GOOD_PNG, gradient, jpeg, patched, png, tag, tiff, written
from .case import READS, REFUSED, Case


def shapes() -> Iterator[Case]:
    for height, width in ((1, 1), (1, 20000), (20000, 1), (511, 513)):
        pixels = gradient(height, width)
        how = f"{height} × {width} px"
        yield Case(
            f"PNG {how}", how, READS, written("a.png", imagecodecs.png_encode(pixels)), shape=(height, width)
        )
        yield Case(f"TIFF {how}", how, READS, tiff("a.tif", pixels), shape=(height, width))
    yield Case(
        "5-D stack",
        "TZCYX",
        REFUSED,
        tiff("5d.ome.tif", np.zeros((2, 3, 2, 16, 16), np.uint8), metadata={"axes": "TZCYX"}),
        "T (time) 2, Z (depth) 3",
    )
    yield Case(
        "12 pages",
        "multi-page TIFF",
        REFUSED,
        tiff("12.tif", np.zeros((12, 16, 32), np.uint8)),
        "--page N (0 to 11)",
    )
    yield Case(
        "volume",
        "tiles with a depth",
        REFUSED,
        tiff("v.tif", np.zeros((32, 32, 32), np.uint8), volumetric=True, tile=(16, 16, 16)),
        "deep",
    )
    yield Case("no image", "TIFF of 0 × 0 px", REFUSED, patched({}, tag(256, 0)), "")


def values() -> Iterator[Case]:
    ramp = gradient().astype(np.float32)
    for name, value in (("NaN", np.nan), ("infinity", np.inf), ("minus infinity", -np.inf), ("3e38", 3e38)):
        odd = ramp.copy()
        odd[3, 5:9] = value
        yield Case(
            f"float with {name}", f"four pixels are {name}", READS, tiff("f.tif", odd), "count as 0", (48, 64)
        )
    yield Case(
        "all NaN",
        "float TIFF",
        READS,
        tiff("f.tif", np.full((8, 16), np.nan, np.float32)),
        "count as 0",
        (8, 16),
    )
    yield Case("constant", "all pixels 7", READS, tiff("c.tif", np.full((8, 16), 7, np.uint8)), shape=(8, 16))
    yield Case("zero", "all pixels 0", READS, tiff("c.tif", np.zeros((8, 16), np.uint8)), shape=(8, 16))
    yield Case("complex", "complex64 TIFF", REFUSED, tiff("x.tif", np.ones((8, 8), np.complex64)), "complex")
    for kind in ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8", "?"):
        yield Case(
            f"type {np.dtype(kind)}", "TIFF", READS, tiff("t.tif", gradient().astype(kind)), shape=(48, 64)
        )
    packed = bytes(1 + 8) * 48
    yield Case(
        "1-bit PNG",
        "gray",
        READS,
        written("b.png", png(48, 64, depth=1, pixels=zlib.compress(packed))),
        shape=(48, 64),
    )
    yield Case(
        "turned JPEG",
        "EXIF orientation 6",
        READS,
        written("o.jpg", oriented_jpeg()),
        "orientation (6) is followed",
        (64, 48),
    )


def oriented_jpeg() -> bytes:
    exif = b"Exif\0\0II*\0" + struct.pack("<IHHHIII", 8, 1, 274, 3, 1, 6, 0)
    data = jpeg()
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:]


def names() -> Iterator[Case]:
    for label, name in (
        ("spaces", " a  b .png"),
        ("a newline", "a\nb.png"),
        ("a leading dash", "-rf.png"),
        ("dots", "..a..b...png"),
        ("Unicode", "zellkern-ä-细胞-🔬.png"),
        ("undecodable bytes", os.fsdecode(b"\xff\xfe.png")),
        ("255 bytes", "n" * 251 + ".png"),
        ("no suffix", "image"),
        ("the wrong suffix", "png.tif"),
    ):
        yield Case(f"name with {label}", "a good PNG", READS, written(name, GOOD_PNG), shape=(48, 64))
        yield Case(
            f"bad file, name with {label}",
            "bytes that are no image",
            REFUSED,
            written(name, b"hello"),
            "is not a PNG",
        )
