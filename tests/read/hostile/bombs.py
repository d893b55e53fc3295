"""Small files that unfold to gigabytes, or say that they do."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import imagecodecs

from .build import (
    GOOD_PNG,
    bmp,
    chunk,
    deflated_zeros,
    gradient,
    jpeg,
    patched,
    png,
    shared_tiles,
    tag,
    written,
)
from .case import READS, REFUSED, Case

STRIP = deflated_zeros(1 << 20)


def bombs() -> Iterator[Case]:
    side = 60_000
    rows = deflated_zeros(3434 << 20)  # a little more than the image needs
    yield Case(
        "PNG bomb",
        "60,000 × 60,000 zeros in 3.5 MB",
        REFUSED,
        written("b.png", png(side, side, pixels=rows)),
        "save it as a tiled TIFF",
    )
    yield Case(
        "PNG of huge size",
        "declares 2³¹-1 × 2³¹-1 px",
        REFUSED,
        written("b.png", png(2**31 - 1, 2**31 - 1)),
        "tiled TIFF",
    )
    yield Case(
        "PNG that declares too much",
        "15,000 × 15,000 px in 100 bytes",
        REFUSED,
        written("b.png", png(15000, 15000)),
        "declares",
    )
    yield Case(
        "PNG with a bomb as text",
        "zTXt of 1 GiB of zeros",
        READS,
        written("b.png", text_bomb()),
        shape=(48, 64),
    )
    yield Case(
        "JPEG of huge size",
        "declares 65,535 × 65,535 px",
        REFUSED,
        written("b.jpg", jpeg(65535)),
        "decoded at once",
    )
    yield Case(
        "BMP of huge size",
        "declares 60,000 × 60,000 px",
        REFUSED,
        written("b.bmp", bmp(side, side)),
        "decoded at once",
    )
    yield Case(
        "TIFF bomb, one strip",
        "60,000 × 60,000 zeros, deflate",
        REFUSED,
        written("b.tif", shared_tiles(side, side, 0, rows)),
        "tiled TIFF",
    )
    yield Case(
        "TIFF bomb, tiles",
        "60,000 × 60,000, every tile the same bytes",
        READS,
        written("b.tif", shared_tiles(side, side, 1024, STRIP)),
        shape=(side, side),
    )
    yield Case(
        "TIFF bomb, one tile",
        "a tile of 60,000 × 60,000",
        REFUSED,
        written("b.tif", shared_tiles(side, side, 59_904 + 96, rows)),
        "tiled TIFF",
    )
    yield Case(
        "TIFF of huge size",
        "declares 4,294,967,295 rows",
        REFUSED,
        patched({}, tag(257, 0xFFFFFFFF, kind=4)),
        "",
    )
    yield Case(
        "TIFF tile that unpacks to more",
        "1 GiB of zeros in a tile of 64 × 64",
        REFUSED,
        written("b.tif", shared_tiles(64, 64, 64, deflated_zeros(1 << 30))),
        "damaged TIFF",
    )
    yield Case(
        "JPEG 2000 tile that declares more",
        "40,000 × 40,000 in a tile of 64 × 64",
        REFUSED,
        written("b.tif", shared_tiles(64, 64, 64, huge_jpeg2000(), compression=34712)),
        "declares 40000 × 40000",
    )


def text_bomb() -> bytes:
    return GOOD_PNG[:33] + chunk(b"zTXt", b"Comment\0\0" + deflated_zeros(1 << 30)) + GOOD_PNG[33:]


def huge_jpeg2000() -> bytes:
    """A codestream whose header declares 40,000 × 40,000 pixels."""
    data = bytearray(imagecodecs.jpeg2k_encode(gradient(64, 64), codecformat="J2K"))
    at = data.index(b"\xff\x51") + 6
    struct.pack_into(">II", data, at, 40000, 40000)
    struct.pack_into(">II", data, at + 16, 40000, 40000)
    return bytes(data)
