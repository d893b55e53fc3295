"""How much one image may ask for before anything is allocated for it."""

from __future__ import annotations

from dataclasses import dataclass

GIB = 1 << 30


@dataclass(frozen=True)
class Limits:
    """Checked against what a file declares; in bytes of decoded pixels unless said otherwise."""

    whole: int = GIB  # of an image, strip or tile that can only be decoded at once (18,900² RGB)
    banded_from: int = 128 << 20  # TIFFs from this size on are read in rows
    cache: int = 256 << 20  # decoded tiles kept by one open image; three rows of tiles where that is more
    side: int = 1 << 20  # px
    pages: int = 200_000  # of one file
    chunks: int = 1_000_000  # of one channel
    pixels: int = 20_000_000_000  # of a banded image (141,000²)
    deflate_ratio: int = 1100  # deflate can't shrink data more than 1032 times
