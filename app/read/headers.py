"""What PNG, JPEG and BMP files declare of themselves, read before anything is decoded."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

PNG_SAMPLES = {0: 1, 2: 3, 3: 4, 4: 2, 6: 4}  # decoded samples per colour type; a palette may carry alpha
JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
PNG_NEEDED = frozenset({b"IHDR", b"PLTE", b"IDAT"})


@dataclass(frozen=True)
class Header:
    """What a file declares of itself."""

    height: int
    width: int
    bytes_per_pixel: int
    pixel_size_um: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()
    orientation: int = 1  # of EXIF: how viewers turn the pixels before they show them


def png_header(data: bytes) -> Header:
    """IHDR, and pHYs where it stands before the pixels."""
    width, height, depth, colour = struct.unpack(">IIBB", data[16:26])
    if data[12:16] != b"IHDR" or colour not in PNG_SAMPLES:
        raise ValueError("IHDR")
    notes: tuple[str, ...] = ()
    pixel_size = None
    orientation = 1
    for name, start, stop in png_chunks(data):
        if name == b"IDAT":
            break
        if name == b"pHYs" and stop - start == 9:
            x, y, unit = struct.unpack(">IIB", data[start:stop])
            pixel_size = plausible(1e6 / y, 1e6 / x) if unit == 1 and x and y else None
        if name == b"acTL":
            notes = ("the file is an animation; its first frame is taken",)
        if name == b"eXIf":
            orientation = exif_orientation(data[start:stop])
    samples = PNG_SAMPLES[colour] * (2 if depth == 16 else 1)
    return Header(height, width, samples, pixel_size, notes, orientation)


def png_pixels(data: bytes) -> bytes:
    """The same PNG with nothing but its pixels and palette, their checksums verified; raises ValueError.

    The decoder would complain about colour profiles and texts on the user's
    screen, and unpack texts that are bombs; transparency is not wanted.
    """
    parts = [data[:8]]
    for name, start, stop in png_chunks(data):
        if name not in PNG_NEEDED:
            continue
        if data[stop : stop + 4] != zlib.crc32(memoryview(data)[start - 4 : stop]).to_bytes(4, "big"):
            raise ValueError(f"the checksum of its {name.decode()} is wrong")
        parts.append(data[start - 8 : stop + 4])
    return b"".join(parts)


def png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name of each chunk, start and stop of its data; the last may reach beyond the end of `data`."""
    at = 8
    while at + 8 <= len(data):
        length, name = struct.unpack(">I4s", data[at : at + 8])
        yield name, at + 8, at + 8 + length
        at += length + 12


def jpeg_header(data: bytes) -> Header:
    """The frame header, and the orientation where EXIF stands before it."""
    orientation = 1
    at = 2
    while True:
        if data[at] != 0xFF:
            raise ValueError("marker")
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
        elif marker in JPEG_ALONE:
            at += 2
        else:
            (length,) = struct.unpack(">H", data[at + 2 : at + 4])
            if length < 2 or marker in (0xD9, 0xDA):
                raise ValueError("no frame")
            body = data[at + 4 : at + 2 + length]
            if marker in JPEG_FRAMES:
                depth, height, width, samples = struct.unpack(">BHHB", body[:6])
                return Header(height, width, samples * (2 if depth > 8 else 1), None, (), orientation)
            if marker == 0xE1 and body.startswith(b"Exif\0\0"):
                orientation = exif_orientation(body[6:])
            at += 2 + length


def exif_orientation(tiff: bytes) -> int:
    """1 where EXIF says nothing that can be read."""
    try:
        order = {b"II": "<", b"MM": ">"}[tiff[:2]]
        (at,) = struct.unpack(order + "I", tiff[4:8])
        (count,) = struct.unpack(order + "H", tiff[at : at + 2])
        for i in range(count):
            tag, kind, _, value = struct.unpack(order + "HHIH", tiff[at + 2 + 12 * i : at + 12 + 12 * i])
            if (tag, kind) == (274, 3):
                return int(value)
    except (KeyError, struct.error):
        pass
    return 1


def orientation_note(orientation: int) -> tuple[str, ...]:
    """Of a TIFF: its pixels stay where they are, as in Fiji, QuPath and tifffile, which labels must fit."""
    if orientation in (0, 1):
        return ()
    return (f"the file asks viewers to turn it (orientation {orientation}); pixels are taken as stored",)


def bmp_header(data: bytes) -> Header:
    """The Windows information header; a negative height means top-down rows."""
    (length,) = struct.unpack("<I", data[14:18])
    if length == 12:
        raise ValueError("OS/2")
    width, height, _, bits = struct.unpack("<iiHH", data[18:30])
    return Header(abs(height), width, 3 if bits <= 24 else 4)


def plausible(y: float, x: float) -> tuple[float, float] | None:
    """A pixel size in µm (y, x); None above 20 µm, where it is a screen's or printer's resolution."""
    return (y, x) if 0 < y <= 20 and 0 < x <= 20 else None
