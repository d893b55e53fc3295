"""Animated PNG, frame by frame: without loss, and every browser plays it. Others show its first frame."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from pathlib import Path
from struct import pack
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..read.headers import png_chunks
from ..system.files import whole_file

MILLISECONDS = 150  # that a frame stands


def write_animation(path: Path, frames: Iterable[NDArray[np.uint8]], count: int) -> None:
    """`count` frames `(h, w, 3)` of one size as an endless loop; whole or not at all. One frame is held.

    Chunks: IHDR, acTL (how many), per frame fcTL (how long, at which place) and
    its pixels, as IDAT in the first and as fdAT in all others, then IEND. What
    begins with f is numbered.
    """
    from imagecodecs import png_encode

    with whole_file(path) as partial, partial.open("wb") as file:
        number = 0
        for index, frame in enumerate(frames):
            coded = bytes(png_encode(frame, level=5))
            found = [(name, coded[start:stop]) for name, start, stop in png_chunks(coded)]
            if index == 0:
                file.write(coded[:8])
                write_chunk(file, b"IHDR", next(data for name, data in found if name == b"IHDR"))
                write_chunk(file, b"acTL", pack(">II", count, 0))
            height, width = frame.shape[:2]
            write_chunk(
                file, b"fcTL", pack(">IIIIIHHBB", number, width, height, 0, 0, MILLISECONDS, 1000, 0, 0)
            )
            number += 1
            for data in (data for name, data in found if name == b"IDAT"):
                if index == 0:
                    write_chunk(file, b"IDAT", data)
                else:
                    write_chunk(file, b"fdAT", pack(">I", number) + data)
                    number += 1
        write_chunk(file, b"IEND", b"")


def write_chunk(file: BinaryIO, name: bytes, data: bytes) -> None:
    """Length, name, data and checksum."""
    file.write(pack(">I", len(data)) + name + data + pack(">I", zlib.crc32(name + data)))
