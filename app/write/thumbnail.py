"""A small picture of an image with its cells, a few kB."""

from __future__ import annotations

from .reduced import reduced
from .result import Result

SIDE = 160  # px, the longer side
QUALITY = 80  # of the JPEG


def thumbnail(result: Result) -> bytes:
    """JPEG of at most `SIDE` pixels on its longer side."""
    from imagecodecs import jpeg8_encode

    return bytes(jpeg8_encode(reduced(result, SIDE), level=QUALITY))
