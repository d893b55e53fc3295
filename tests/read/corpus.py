"""Hostile and odd files, each with how it is made and what is expected of the reader.

`python tests/read/corpus.py` prints the table for the docs.
"""

from __future__ import annotations

import io
import os
import socket
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import imagecodecs
import numpy as np
import tifffile

READS = "reads"  # an image comes out
REFUSED = "refused"  # one ReadError of one line


@dataclass(frozen=True)
class Case:
    """One file: `make(folder)` writes it and returns its path."""

    name: str
    how: str
    expect: str
    make: Callable[[Path], Path]
    says: str = ""  # part of the error, or of a note
    shape: tuple[int, int] | None = None  # of the image that comes out


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


def huge_jpeg2000() -> bytes:
    """A codestream whose header declares 40,000 × 40,000 pixels."""
    data = bytearray(imagecodecs.jpeg2k_encode(gradient(64, 64), codecformat="J2K"))
    at = data.index(b"\xff\x51") + 6
    struct.pack_into(">II", data, at, 40000, 40000)
    struct.pack_into(">II", data, at + 16, 40000, 40000)
    return bytes(data)


def jpeg(height: int | None = None) -> bytes:
    data = bytearray(imagecodecs.jpeg8_encode(np.repeat(gradient()[..., None], 3, axis=2)))
    if height is not None:
        struct.pack_into(">HH", data, data.index(b"\xff\xc0") + 5, height, height)
    return bytes(data)


def oriented_jpeg() -> bytes:
    exif = b"Exif\0\0II*\0" + struct.pack("<IHHHIII", 8, 1, 274, 3, 1, 6, 0)
    data = jpeg()
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:]


def bmp(width: int = 4, height: int = 4, bits: int = 24, packing: int = 0) -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, packing, 0, 0, 0, 0, 0)
    body = bytes(range(48))
    return b"BM" + struct.pack("<IHHI", 54 + len(body), 0, 0, 54) + header + body


def link(target: Callable[[Path], Path]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        inside = folder / "inside"
        inside.mkdir()
        path = inside / "link.png"
        path.symlink_to(target(folder))
        return path

    return make


def fifo(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.png")
    return folder / "pipe.png"


def sock(folder: Path) -> Path:
    here = Path.cwd()
    os.chdir(folder)  # the path of a socket may have 107 bytes only
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("socket.png")
    finally:
        os.chdir(here)
    return folder / "socket.png"


def directory(folder: Path) -> Path:
    (folder / "folder.png").mkdir()
    return folder / "folder.png"


def unreadable(folder: Path) -> Path:
    path = written("secret.png", GOOD_PNG)(folder)
    path.chmod(0)
    return path


GOOD_PNG = imagecodecs.png_encode(gradient())
STRIP = deflated_zeros(1 << 20)
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "' + "ha" * 50 + '">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(12))
    + ']><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">&m;</OME>'
)  # fmt: skip
ELSEWHERE = (
    '<?xml version="1.0"?>'
    '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:1">'
    '<Image ID="Image:0"><Pixels ID="P:0" DimensionOrder="XYCZT" Type="uint8" '
    'SizeX="64" SizeY="48" SizeC="1" SizeZ="2" SizeT="1">'
    '<Channel ID="C:0" SamplesPerPixel="1"/><TiffData IFD="0" FirstZ="0" PlaneCount="1"/>'
    '<TiffData IFD="0" FirstZ="1" PlaneCount="1"><UUID FileName="/etc/passwd">urn:uuid:2</UUID></TiffData>'
    "</Pixels></Image></OME>"
)


def corpus() -> list[Case]:
    """Every case."""
    return [*shapes(), *values(), *names(), *damaged(), *bombs(), *liars(), *not_files()]


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
        "pixels are taken as stored",
        (48, 64),
    )


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


def circle(folder: Path) -> Path:
    """Two pages of unlike size in BigTIFF; the last is followed by the first."""
    path = folder / "circle.tif"
    with tifffile.TiffWriter(path, bigtiff=True) as writer:
        writer.write(gradient(), metadata=None)
        writer.write(gradient(20, 30), metadata=None)
    data = bytearray(path.read_bytes())
    (first,) = struct.unpack_from("<Q", data, 8)
    (entries,) = struct.unpack_from("<Q", data, first)
    (second,) = struct.unpack_from("<Q", data, first + 8 + 20 * entries)
    (entries,) = struct.unpack_from("<Q", data, second)
    struct.pack_into("<Q", data, second + 8 + 20 * entries, first)
    path.write_bytes(data)
    return path


def invert_strip(data: bytearray) -> None:
    page = tifffile.TiffFile(io.BytesIO(data)).pages.first
    start = page.dataoffsets[0]
    for i in range(start, start + page.databytecounts[0]):
        data[i] ^= 255


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


def liars() -> Iterator[Case]:
    yield Case(
        "cyclic IFDs",
        "the first IFD is its own successor",
        REFUSED,
        patched({}, next_ifd(lambda at: at)),
        "in a circle",
    )
    yield Case(
        "cyclic IFDs of unlike pages",
        "the second page is followed by the first",
        REFUSED,
        circle,
        "in a circle",
    )
    yield Case(
        "next IFD beyond the end", "", READS, patched({}, next_ifd(lambda _: 0x7FFFFFFF)), shape=(48, 64)
    )
    yield Case("next IFD in the pixels", "", READS, patched({}, next_ifd(lambda _: 9)), shape=(48, 64))
    yield Case("negative width", "TIFF, width -5 as signed", REFUSED, patched({}, tag(256, -5, kind=9)), "")
    yield Case("negative rows per strip", "TIFF", REFUSED, patched({}, tag(278, -1, kind=9)), "strips")
    yield Case("BMP of negative width", "-4 × 4", REFUSED, written("n.bmp", bmp(-4, 4)), "declares")
    yield Case(
        "BMP of negative height", "rows from the top", READS, written("n.bmp", bmp(4, -4)), shape=(4, 4)
    )
    yield Case("BMP with run lengths", "RLE8", REFUSED, written("r.bmp", bmp(bits=8, packing=1)), "BMP")
    yield Case("strip beyond the end", "TIFF", REFUSED, patched({}, tag(273, 0x7FFFFFF0)), "truncated")
    yield Case(
        "strip of 4 GiB",
        "TIFF",
        REFUSED,
        patched({"compression": "zlib"}, tag(279, 0xFFFFFFFF, kind=4)),
        "truncated",
    )
    yield Case("strip of 0 bytes", "TIFF", REFUSED, patched({"compression": "zlib"}, tag(279, 0)), "")
    yield Case(
        "2³¹ strips listed", "TIFF", REFUSED, patched({"compression": "zlib"}, tag(273, 8, count=1 << 31)), ""
    )
    yield Case("unknown compression", "TIFF, 4711", REFUSED, patched({}, tag(259, 4711)), "TIFF")
    yield Case("0 bits per sample", "TIFF", REFUSED, patched({}, tag(258, 0)), "")
    yield Case("255 bits per sample", "TIFF", REFUSED, patched({}, tag(258, 255)), "")
    yield Case("65,535 samples per pixel", "TIFF", REFUSED, patched({}, tag(277, 65535)), "")
    yield Case("0 samples per pixel", "TIFF; taken as 1", READS, patched({}, tag(277, 0)), shape=(48, 64))
    yield Case(
        "ImageJ text that lies",
        "a billion slices in a file of one",
        READS,
        tiff(
            "ij.tif",
            gradient(),
            description="ImageJ=1.53\nimages=1000000000\nslices=1000000000\n",
            metadata=None,
        ),
        "invalid",
        (48, 64),
    )
    yield Case(
        "shape text that lies",
        "100,000 × 100,000 px",
        READS,
        tiff("s.tif", gradient(), description='{"shape": [100000, 100000]}', metadata=None),
        shape=(48, 64),
    )
    yield Case(
        "broken OME-XML",
        "no XML at all",
        READS,
        tiff("o.ome.tif", gradient(), description="<OME" + "x" * 50 + "OME>", metadata=None),
        shape=(48, 64),
    )
    yield Case(
        "OME-XML that unfolds",
        "entities, 10¹⁴ letters",
        READS,
        tiff("l.ome.tif", gradient(), description=LAUGHS, metadata=None),
        shape=(48, 64),
    )
    yield Case(
        "OME-XML that names other files",
        "a second plane in another file, which is never opened",
        READS,
        tiff("e.ome.tif", gradient(), description=ELSEWHERE, metadata=None),
        shape=(48, 64),
    )


def not_files() -> Iterator[Case]:
    yield Case("missing", "no such file", REFUSED, lambda folder: folder / "none.png", "does not exist")
    yield Case("FIFO", "nobody writes to it", REFUSED, fifo, "is a FIFO")
    yield Case("socket", "a Unix socket", REFUSED, sock, "is a socket")
    yield Case("device", "/dev/zero by a link", REFUSED, link(lambda _: Path("/dev/zero")), "is a device")
    yield Case("folder named .png", "an empty folder", REFUSED, directory, "is a folder")
    yield Case(
        "link out of the folder", "to a good PNG", READS, link(written("good.png", GOOD_PNG)), shape=(48, 64)
    )
    yield Case("broken link", "to nothing", REFUSED, link(lambda folder: folder / "gone.png"), "link")
    yield Case(
        "link to itself",
        "a loop",
        REFUSED,
        link(lambda folder: folder / "inside" / "link.png"),
        "can't be opened",
    )
    yield Case("unreadable", "permissions 000", REFUSED, unreadable, "must not be read")
    yield Case("name too long", "300 bytes", REFUSED, lambda folder: folder / ("n" * 300), "can't be opened")
    yield Case("NUL in the name", "", REFUSED, lambda folder: folder / "a\0b.png", "can't be opened")


def docs_table() -> str:
    """The corpus as a Markdown table."""
    lines = ["| file | how it is made | outcome |", "|---|---|---|"]
    for case in corpus():
        outcome = "read" if case.expect == READS else "one line of error"
        lines.append(
            f"| {case.name} | {case.how or case.name} | {outcome}{f': “{case.says}”' if case.says else ''} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(docs_table())
