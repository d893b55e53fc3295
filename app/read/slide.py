"""MIRAX, Hamamatsu VMS, Sakura and DICOM slides through OpenSlide, where it is installed.

TIFFs of slide scanners (SVS, NDPI, SCN, ...) are no part of this: tifffile reads them, and OpenSlide is not
in the images.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .flat import Flat
from .headers import plausible
from .limits import Limits
from .opening import AGAIN, unreadable
from .quiet import quiet
from .stored import Facts, Stored

if TYPE_CHECKING:
    from openslide import OpenSlide

INSTALL = "pip install openslide-python openslide-bin, or save it as OME-TIFF"
WHITE = "FFFFFF"  # of places that were not scanned, where the file names no colour


def open_slide(path: Path, kind: str, limits: Limits) -> Stored:
    """Opens a slide at full size; raises ReadError, also where OpenSlide is not installed."""
    try:
        from openslide import OpenSlide
    except ImportError as cause:
        raise unreadable(path, f"is a {kind} slide, which needs OpenSlide", INSTALL) from cause
    try:
        slide = OpenSlide(path)
        facts = slide_facts(slide, limits)
    except Exception as cause:  # foreign code on foreign data: whatever it raises, the file is at fault
        reason = str(cause).removeprefix(f"Reading {path}: ")
        raise unreadable(path, f"is no {kind} slide that OpenSlide reads: {reason}", AGAIN) from cause
    if max(facts.height, facts.width) > limits.side or facts.height * facts.width > limits.pixels:
        slide.close()
        what = f"declares {facts.height} × {facts.width} pixels"
        raise unreadable(path, what, "cut it into smaller images")
    rows = Rows(path, slide, facts)
    if facts.banded:
        return rows
    try:
        return Flat(facts, rows.rows(0, facts.height))
    finally:
        rows.close()


def slide_facts(slide: OpenSlide, limits: Limits) -> Facts:
    width, height = slide.dimensions
    try:
        y, x = (float(slide.properties[f"openslide.mpp-{axis}"]) for axis in "yx")
    except (KeyError, ValueError):
        y = x = 0.0
    return Facts(
        height=height,
        width=width,
        axes="YXS",
        channels=3,
        dtype=np.dtype(np.uint8),
        compression=str(slide.properties.get("openslide.vendor")),
        pixel_size_um=plausible(y, x),
        pages=1,
        banded=3 * height * width > limits.banded_from,
        notes=(),
    )


class Rows:
    """Rows of an open slide at full size."""

    def __init__(self, path: Path, slide: OpenSlide, facts: Facts) -> None:
        self.path = path
        self.slide = slide
        self.facts = facts
        ground = slide.properties.get("openslide.background-color", WHITE)
        self.ground = np.frombuffer(bytes.fromhex(ground), np.uint8)  # (3,)

    def rows(self, y0: int, y1: int) -> NDArray[np.generic]:
        """`(y1 - y0, W, 3)` uint8; raises ReadError."""
        try:
            with quiet():
                region = self.slide.read_region((0, y0), 0, (self.facts.width, y1 - y0))
        except Exception as cause:  # foreign code on foreign data: whatever it raises, the file is at fault
            raise unreadable(self.path, f"can't be read by OpenSlide: {cause}", AGAIN) from cause
        seen = np.asarray(region)  # (h, W, 4)
        pixels = seen[..., :3].copy()
        pixels[seen[..., 3] == 0] = self.ground
        return pixels

    def close(self) -> None:
        self.slide.close()
