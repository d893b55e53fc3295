"""Bounded fuzzing: whatever the bytes, an image or a ReadError, and nothing else."""

from __future__ import annotations

import io
import struct

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import ReadError
from app.read import open_image
from app.read.limits import Limits

LIMITS = Limits(whole=1 << 24, banded_from=1 << 12, pixels=1 << 22)  # small, so that every path is met
PIXELS = (np.arange(40)[:, None] * 5 + np.arange(56)).astype(np.uint8)


def tiff(**options):
    file = io.BytesIO()
    tifffile.imwrite(file, PIXELS, **options)
    return file.getvalue()


SEEDS = {
    "png": imagecodecs.png_encode(PIXELS),
    "jpeg": imagecodecs.jpeg8_encode(PIXELS),
    "bmp": imagecodecs.bmp_encode(PIXELS),
    "tiff": tiff(),
    "tiles": tiff(tile=(16, 16), compression="zlib"),
    "lzw": tiff(compression="lzw", rowsperstrip=8),
    "jpeg2000": tiff(tile=(16, 16), compression="jpeg2000"),
    "ome": tiff(ome=True, metadata={"axes": "YX"}),
    "imagej": tiff(imagej=True),
}
# positions and values that hurt parsers more than random ones do
VALUES = st.one_of(st.integers(0, 255), st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]))
WORDS = st.sampled_from([0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 8, 65535])


@st.composite
def damaged(draw, data):
    """Bytes changed, words overwritten, a cut, a repeat."""
    out = bytearray(data)
    reach = draw(st.sampled_from([64, 400, len(out)]))  # headers matter more than pixels
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, min(reach, len(out)) - 1))
        kind = draw(st.sampled_from(["byte", "word", "cut", "repeat"]))
        if kind == "byte":
            out[at] = draw(VALUES)
        elif kind == "word" and at + 4 <= len(out):
            struct.pack_into(draw(st.sampled_from("<>")) + "I", out, at, draw(WORDS))
        elif kind == "cut" and at > 8:
            del out[at:]
        else:
            out[at:at] = out[at : at + 40]
    return bytes(out)


def look(path):
    """Opens, reads first and last rows; a ReadError of one line is the only way to fail."""
    said = f"{path}: one line"
    try:
        with open_image(path, limits=LIMITS) as source:
            height = source.info.height
            assert source.rows(0, min(8, height)).dtype == np.uint8
            assert source.raw_rows(height - 1, height).shape[:2] == (1, source.info.width)
    except ReadError as error:
        said = str(error)
    assert said.startswith(str(path))
    assert "\n" not in said


@pytest.mark.parametrize("name", SEEDS)
def test_damaged_files(name, tmp_path):
    """Mutations of good files of every format."""
    path = tmp_path / f"fuzz.{name}"

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(damaged(SEEDS[name]))
    def run(data):
        path.write_bytes(data)
        look(path)

    run()


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"II*\0", b"MM\0*", b"II+\0", b""]),
    st.binary(max_size=300),
)
def test_noise_after_a_signature(tmp_path_factory, magic, data):
    path = tmp_path_factory.getbasetemp() / "noise"
    path.write_bytes(magic + data)
    look(path)
