"""Files whose headers and texts are not true."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import tifffile

from .build import bmp, gradient, next_ifd, patched, tag, tiff, written
from .case import READS, REFUSED, Case

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
