"""What a compressed strip or tile declares of its own size, before it is decoded."""

from __future__ import annotations

import struct

JPEG2000 = frozenset({33003, 33004, 33005, 34712})  # TIFF's numbers of the compression
PNG = frozenset({34933})
SIZ = b"\xff\x4f\xff\x51"  # start of a JPEG 2000 codestream


def declared_size(data: bytes | bytearray, compression: int) -> tuple[int, int] | None:
    """Rows and columns where the format says so itself, beside what the TIFF says; else None."""
    try:
        if compression in JPEG2000:
            at = data.index(SIZ) + 8
            right, bottom, left, top = struct.unpack_from(">IIII", data, at)
            return bottom - top, right - left
        if compression in PNG:
            width, height = struct.unpack_from(">II", data, 16)
            return height, width
    except (ValueError, struct.error):
        pass  # the decoder will say what is wrong
    return None
