"""PNG, JPEG and BMP: one image, decoded whole."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from .headers import Header, bmp_header, jpeg_header, png_header, png_pixels
from .limits import Limits
from .opening import AGAIN, state, unreadable
from .stored import Facts


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
    head = file.read(min(size, 16 << 20))  # a JPEG's metadata may stand before its size
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
    pixels, notes, pixel_size = upright(pixels, header)
    height, width, kept = pixels.shape
    axes = "YX" if decoded.ndim == 2 else "YXS"
    name = {"PNG": "deflate", "JPEG": "jpeg", "BMP": "none"}[kind]
    facts = Facts(height, width, axes, kept, pixels.dtype, name, pixel_size, 1, False, notes)
    return Flat(facts, pixels)


def upright(
    pixels: NDArray[np.generic], header: Header
) -> tuple[NDArray[np.generic], tuple[str, ...], tuple[float, float] | None]:
    """`(H, W, C)` as viewers show it by EXIF's orientation, with the notes and the pixel size (y, x)."""
    size, number = header.pixel_size_um, header.orientation
    if not 2 <= number <= 8:
        return pixels, header.notes, size
    if number >= 5:  # rows become columns
        pixels = pixels.swapaxes(0, 1)
        size = None if size is None else (size[1], size[0])
    if number in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if number in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    note = f"the file's orientation ({number}) is followed; labels fit the image as viewers show it"
    return np.ascontiguousarray(pixels), (*header.notes, note), size


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
        return imagecodecs.png_decode(png_pixels(data))
    return imagecodecs.jpeg8_decode(data) if kind == "JPEG" else imagecodecs.bmp_decode(data)
