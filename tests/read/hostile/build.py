"""Good files, and their bytes to be spoilt."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import tifffile


def gradient(height: int = 48, width: int = 64) -> np.ndarray:
    return (np.arange(height)[:, None] * 3 + np.arange(width)).astype(np.uint8)


def written(name: str, data: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(data)
        return path

    return make


def tiff(name: str, pixels: np.ndarray, **options: object) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / name
        tifffile.imwrite(path, pixels, **options)
        return path

    return make


def patched(options: dict[str, object], change: Callable[[bytearray], None]) -> Callable[[Path], Path]:
    """A good little TIFF with some bytes changed."""

    def make(folder: Path) -> Path:
        path = folder / "patched.tif"
        tifffile.imwrite(path, gradient(), metadata=None, **options)
        data = bytearray(path.read_bytes())
        change(data)
        path.write_bytes(data)
        return path

    return make


def tag(
    code: int, value: int, *, kind: int | None = None, count: int | None = None
) -> Callable[[bytearray], None]:
    """Overwrites one entry of the first IFD of a little-endian classic TIFF."""

    def change(data: bytearray) -> None:
        (at,) = struct.unpack_from("<I", data, 4)
        (entries,) = struct.unpack_from("<H", data, at)
        for i in range(entries):
            entry = at + 2 + 12 * i
            found, old_kind, old_count, _ = struct.unpack_from("<HHII", data, entry)
            if found == code:
                struct.pack_into(
                    "<HHII", data, entry, code, kind or old_kind, count or old_count, value & 0xFFFFFFFF
                )
                return
        raise AssertionError(f"no tag {code}")

    return change


def next_ifd(value: Callable[[int], int]) -> Callable[[bytearray], None]:
    """Lets the first IFD be followed by `value(its own position)`."""

    def change(data: bytearray) -> None:
        (at,) = struct.unpack_from("<I", data, 4)
        (entries,) = struct.unpack_from("<H", data, at)
        struct.pack_into("<I", data, at + 2 + 12 * entries, value(at))

    return change


def png(
    height: int, width: int, *, depth: int = 8, colour: int = 0, pixels: bytes = b"", extra: bytes = b""
) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def deflated_zeros(count: int) -> bytes:
    """A zlib stream of `count` zeros, a multiple of 2²⁰: one block that stands on its own, repeated."""
    blocks, rest = divmod(count, 1 << 20)
    assert rest == 0
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    adler = (count % 65521) << 16 | 1
    return b"\x78\xda" + block * blocks + b"\x03\x00" + struct.pack(">I", adler)


def shared_tiles(height: int, width: int, tile: int, data: bytes, *, compression: int = 8) -> bytes:
    """A TIFF of many tiles (or one strip, tile 0) that all point to the same few bytes."""
    number = -(-height // tile) * -(-width // tile) if tile else 1
    data = data + bytes(len(data) % 2)
    after = 8 + len(data)
    offsets, counts = after, after + 4 * number
    entries = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 8),
        (259, 3, 1, compression),
        (262, 3, 1, 1),
    ]
    if tile:
        entries += [(277, 3, 1, 1), (322, 4, 1, tile), (323, 4, 1, tile)]
        inline = number == 1
        entries += [(324, 4, number, 8 if inline else offsets)]
        entries += [(325, 4, number, len(data) if inline else counts)]
    else:
        entries += [(273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, len(data))]
        number = 0
    ifd = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *e) for e in entries) + bytes(4)
    tables = struct.pack("<I", 8) * number + struct.pack("<I", len(data)) * number
    return b"II*\0" + struct.pack("<I", after + len(tables)) + data + tables + ifd


def jpeg(height: int | None = None) -> bytes:
    data = bytearray(imagecodecs.jpeg8_encode(np.repeat(gradient()[..., None], 3, axis=2)))
    if height is not None:
        struct.pack_into(">HH", data, data.index(b"\xff\xc0") + 5, height, height)
    return bytes(data)


def bmp(width: int = 4, height: int = 4, bits: int = 24, packing: int = 0) -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, packing, 0, 0, 0, 0, 0)
    body = bytes(range(48))
    return b"BM" + struct.pack("<IHHI", 54 + len(body), 0, 0, 54) + header + body


GOOD_PNG = imagecodecs.png_encode(gradient())
