"""PNG, JPEG and BMP: one image, decoded whole."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from app.images.limits import Limits
from app.images.opening import AGAIN, state, unreadable
from app.images.stored import Facts

PNG_SAMPLES = {0: 1, 2: 3, 3: 4, 4: 2, 6: 4}  # decoded samples per colour type; a palette may carry alpha
JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True)
class Header:
    """What a file declares of itself."""

    height: int
    width: int
    bytes_per_pixel: int
    pixel_size_um: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()


class Flat:
    """A decoded image in memory."""

    def __init__(self, facts: Facts, pixels: NDArray[np.generic]) -> None:
        self.facts = facts
        self.pixels = pixels  # (H, W, C)

    def rows(self, y0: int, y1: int) -> NDArray[np.generic]:
        return self.pixels[y0:y1]

    def close(self) -> None:
        """Nothing is open any more."""


def open_flat(path: Path, file: BinaryIO, kind: str, limits: Limits) -> Flat:
    """Decodes an open PNG, JPEG or BMP; raises ReadError."""
    before = state(file)
    size = before[0]
    head = file.read(min(size, 1 << 20))  # a JPEG's metadata may stand before its size
    try:
        header = {"PNG": png_header, "JPEG": jpeg_header, "BMP": bmp_header}[kind](head)
    except (struct.error, IndexError, ValueError) as cause:
        raise unreadable(path, f"is a damaged {kind}: its header can't be read", AGAIN) from cause
    check(path, kind, header, size, limits)
    data = head + file.read(size - len(head)) if size > len(head) else head
    if len(data) != size or state(file) != before:
        raise unreadable(path, "changed while it was being read", "run again when it is complete")
    if kind == "JPEG" and data.rfind(b"\xff\xd9") < data.find(b"\xff\xda"):
        raise unreadable(path, "is a truncated JPEG: its end is missing", AGAIN)
    try:
        decoded = decode(kind, data)
    except Exception as cause:  # foreign code on foreign data: whatever it raises, the file is at fault
        raise unreadable(path, f"is a damaged {kind}: {cause}", AGAIN) from cause
    pixels = decoded.reshape(*decoded.shape[:2], -1)
    channels = pixels.shape[2]
    if kind == "JPEG" and channels == 4:
        raise unreadable(path, "is a CMYK JPEG, which is for printers", "convert it to RGB")
    if channels in (2, 4):  # in these formats the last of an even number is alpha
        pixels = pixels[..., :-1]
    height, width, kept = pixels.shape
    axes = "YX" if decoded.ndim == 2 else "YXS"
    name = {"PNG": "deflate", "JPEG": "jpeg", "BMP": "none"}[kind]
    facts = Facts(height, width, axes, kept, pixels.dtype, name, header.pixel_size_um, 1, False, header.notes)
    return Flat(facts, pixels)


def check(path: Path, kind: str, header: Header, size: int, limits: Limits) -> None:
    """Refuses what would not fit or can't be in a file of this size, before anything is allocated."""
    height, width = header.height, header.width
    if height < 1 or width < 1:
        raise unreadable(path, f"declares {height} × {width} pixels", AGAIN)
    needed = height * width * header.bytes_per_pixel
    if needed > limits.whole or size > 2 * limits.whole:
        what = f"is a {kind} of {height} × {width} pixels, more than can be decoded at once"
        raise unreadable(path, what, "save it as a tiled TIFF")
    ratio = limits.deflate_ratio if kind == "PNG" else 1
    if kind in ("PNG", "BMP") and needed // 32 > size * ratio:  # one bit may become 4 bytes
        raise unreadable(path, f"declares {height} × {width} pixels but holds {size} bytes", AGAIN)


def decode(kind: str, data: bytes) -> NDArray[np.generic]:
    """`(H, W)` or `(H, W, C)`; palettes and single bits come out expanded."""
    import imagecodecs

    if kind == "PNG":
        return imagecodecs.png_decode(data)
    return imagecodecs.jpeg8_decode(data) if kind == "JPEG" else imagecodecs.bmp_decode(data)


def png_header(data: bytes) -> Header:
    """IHDR, and pHYs where it stands before the pixels."""
    width, height, depth, colour = struct.unpack(">IIBB", data[16:26])
    if data[12:16] != b"IHDR" or colour not in PNG_SAMPLES:
        raise ValueError("IHDR")
    notes: tuple[str, ...] = ()
    pixel_size = None
    at = 8
    while data[at + 4 : at + 8] not in (b"IDAT", b""):
        length, name = struct.unpack(">I4s", data[at : at + 8])
        if name == b"pHYs" and length == 9:
            x, y, unit = struct.unpack(">IIB", data[at + 8 : at + 17])
            pixel_size = plausible(1e6 / y, 1e6 / x) if unit == 1 and x and y else None
        if name == b"acTL":
            notes = ("the file is an animation; its first frame is taken",)
        at += length + 12
    return Header(height, width, PNG_SAMPLES[colour] * (2 if depth == 16 else 1), pixel_size, notes)


def jpeg_header(data: bytes) -> Header:
    """The frame header; an orientation in EXIF is told, not followed."""
    notes: tuple[str, ...] = ()
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
                return Header(height, width, samples * (2 if depth > 8 else 1), None, notes)
            if marker == 0xE1 and body.startswith(b"Exif\0\0"):
                notes = orientation_note(exif_orientation(body[6:]))
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
    """Pixels stay where they are stored, so that labels fit the file in Fiji, tifffile and scikit-image."""
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
