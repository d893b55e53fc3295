"""Files that were cut, and files with wrong bytes."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import tifffile

from .build import GOOD_PNG, bmp, jpeg, patched, written
from .case import READS, REFUSED, Case


def damaged() -> Iterator[Case]:
    yield Case("empty", "0 bytes", REFUSED, written("e.tif", b""), "is empty")
    yield Case("text", "a text file named .png", REFUSED, written("t.png", b"not an image\n"), "is not a PNG")
    at = 8
    while at < len(GOOD_PNG):
        (length,) = struct.unpack(">I", GOOD_PNG[at : at + 4])
        kind = GOOD_PNG[at + 4 : at + 8].decode()
        complete = kind == "IEND"
        for where, cut in (("before", at), ("within", at + 8 + length // 2)):
            how = f"cut {where} {kind}"
            says = "" if complete else "damaged"
            yield Case(
                f"PNG {how}", how, READS if complete else REFUSED, written("p.png", GOOD_PNG[:cut]), says
            )
        at += 12 + length
    flipped = bytearray(GOOD_PNG)
    flipped[70] ^= 255
    yield Case(
        "PNG with a wrong byte",
        "one byte of IDAT inverted",
        REFUSED,
        written("p.png", bytes(flipped)),
        "damaged PNG",
    )
    whole = jpeg()
    scan = whole.index(b"\xff\xda")
    for where, cut in (
        ("magic", 3),
        ("tables", scan // 2),
        ("scan", scan + 40),
        ("end marker", len(whole) - 2),
    ):
        yield Case(
            f"JPEG cut in its {where}", f"first {cut} bytes", REFUSED, written("j.jpg", whole[:cut]), "JPEG"
        )
    yield Case("BMP cut", "without its last rows", REFUSED, written("b.bmp", bmp()[:-20]), "BMP")
    for options, name in (
        ({}, "plain"),
        ({"compression": "zlib"}, "deflate"),
        ({"tile": (16, 16), "compression": "lzw"}, "tiled LZW"),
    ):
        for part in (4, 8, 9, 20, 60, 120, 200):
            yield Case(
                f"TIFF ({name}) cut at byte {part}",
                "truncated",
                REFUSED,
                patched(options, lambda d, n=part: d.__delitem__(slice(n, None))),
                "TIFF",
            )
        yield Case(
            f"TIFF ({name}) without its last 40 bytes",
            "truncated",
            REFUSED,
            patched(options, lambda d: d.__delitem__(slice(-40, None))),
            "TIFF",
        )
    yield Case(
        "TIFF deflate stream of noise",
        "bytes of the strip inverted",
        REFUSED,
        patched({"compression": "zlib"}, invert_strip),
        "damaged TIFF",
    )


def invert_strip(data: bytearray) -> None:
    page = tifffile.TiffFile(io.BytesIO(data)).pages.first
    start = page.dataoffsets[0]
    for i in range(start, start + page.databytecounts[0]):
        data[i] ^= 255
