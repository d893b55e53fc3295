"""One plane of a TIFF: its pages, what is made of their samples, its rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from .layout import Layout
from .limits import Limits
from .opening import AGAIN, state, unreadable
from .quiet import quiet
from .segments import Page, Segments
from .stored import Facts

ALPHA = (1, 2)  # values of ExtraSamples that mean opacity
PALETTE = 3  # value of PhotometricInterpretation


@dataclass(frozen=True)
class Plane:
    """Pages of one shape, each with some of the channels."""

    frame: Any  # tifffile.TiffPage that describes them all
    pages: tuple[Page, ...]
    kept: tuple[int, ...]  # samples of a page that are no alpha
    palette: NDArray[np.generic] | None  # (colours, 3)

    @property
    def dtype(self) -> np.dtype[np.generic]:
        return np.dtype(self.frame.dtype) if self.palette is None else self.palette.dtype

    @property
    def channels(self) -> int:
        return len(self.kept) * len(self.pages) if self.palette is None else 3

    @property
    def pixel_bytes(self) -> int:
        """Bytes of one decoded pixel with all its samples."""
        samples = max(self.pages[0].samples * len(self.pages), self.channels)
        return samples * int(np.dtype(self.frame.dtype).itemsize)

    @property
    def left_out(self) -> int:
        """Tiles that the file declares and does not hold."""
        return sum(page.counts.count(0) for page in self.pages if page.plain is None)


class Rows:
    """Rows of one plane of an open TIFF."""

    def __init__(self, path: Path, file: BinaryIO, facts: Facts, plane: Plane, budget: int) -> None:
        self.path = path
        self.file = file
        self.facts = facts
        self.plane = plane
        self.before = state(file)
        self.segments = Segments(file.fileno(), budget)

    def rows(self, y0: int, y1: int) -> NDArray[np.generic]:
        """`(y1 - y0, W, C)` values as stored; raises ReadError."""
        samples = self.plane.pages[0].samples
        shape = y1 - y0, self.facts.width, len(self.plane.pages), samples
        out = np.empty(shape, self.plane.frame.dtype)
        failure: Exception | None = None
        try:
            with quiet():
                for i, page in enumerate(self.plane.pages):
                    page.read(out[:, :, i], y0, self.segments)
        except Exception as cause:  # foreign code on foreign data: whatever it raises, the file is at fault
            failure = cause
        if state(self.file) != self.before:
            what = "changed while it was being read"
            raise unreadable(self.path, what, "run again when it is complete") from failure
        if failure is not None:
            raise unreadable(self.path, f"is a damaged TIFF: {failure}", AGAIN) from failure
        if self.plane.palette is not None:
            return np.take(self.plane.palette, out[:, :, 0, 0], axis=0, mode="clip")
        if len(self.plane.kept) < samples:
            out = out[..., list(self.plane.kept)]
        return out.reshape(*shape[:2], -1)

    def close(self) -> None:
        self.segments.close()
        self.file.close()


def make_plane(path: Path, series: Any, layout: Layout, number: int) -> Plane:
    """The plane at `number` of a series; raises ReadError where its values are no real numbers."""
    frame = series.keyframe
    check_values(path, frame)
    pages = tuple(find_page(series, index) for index in layout.pages(number))
    samples = pages[0].samples
    opacity = {samples - 1 - i for i, v in enumerate(reversed(frame.extrasamples)) if v in ALPHA}
    kept = tuple(i for i in range(samples) if i not in opacity)
    return Plane(frame, pages, kept, find_palette(frame, pages))


def check_values(path: Path, frame: Any) -> None:
    dtype = frame.dtype
    if dtype is None:
        what = f"holds {frame.bitspersample}-bit values of sample format {frame.sampleformat}"
        raise unreadable(path, what, "convert it to 8 or 16 bit")
    if dtype.kind not in "buif" or dtype.itemsize > 8:
        what = "holds complex numbers" if dtype.kind == "c" else f"holds values of type {dtype}"
        raise unreadable(path, what, "convert it to real numbers of up to 64 bits, such as its magnitude")
    if frame.shaped[1] > 1:
        raise unreadable(path, f"holds volumes, {frame.shaped[1]} deep", "export its planes one by one")


def find_page(series: Any, index: int) -> Page:
    """The page at `index`; some files describe the first only and let the others follow in one piece."""
    frame = series.keyframe
    simple = frame.compression == frame.predictor == frame.fillorder == 1 and not frame.is_subsampled
    if simple and series.dataoffset is not None and frame.dtype.itemsize * 8 == frame.bitspersample:
        return Page(index, frame, (), (), None, series.dataoffset + index * frame.nbytes)
    page = series[index]
    if page is None:
        raise ValueError(f"page {index} lies in another file")
    plain = page.dataoffsets[0] if simple and frame.is_contiguous else None
    return Page(index, frame, tuple(page.dataoffsets), tuple(page.databytecounts), page.jpegtables, plain)


def find_palette(frame: Any, pages: tuple[Page, ...]) -> NDArray[np.generic] | None:
    """`(colours, 3)`: 8 bit where the file's 16 bits say no more, as they mostly do."""
    if frame.photometric != PALETTE or frame.colormap is None or len(pages) > 1 or pages[0].samples > 1:
        return None
    if frame.dtype.kind != "u" or frame.dtype.itemsize > 2:
        return None
    colours = np.ascontiguousarray(frame.colormap.T)
    high, low = np.divmod(colours, 256)
    if colours.max() < 256:
        return colours.astype(np.uint8)
    return high.astype(np.uint8) if ((low == high) | (low == 0)).all() else colours


def check_plane(path: Path, layout: Layout, plane: Plane, size: int, limits: Limits) -> None:
    """Refuses what would not fit or can't be in a file of `size` bytes, before anything is allocated."""
    height, width = layout.height, layout.width
    if max(height, width) > limits.side or height * width > limits.pixels:
        raise unreadable(path, f"declares {height} × {width} pixels", "cut it into smaller images")
    for page in plane.pages:
        if page.plain is None:
            check_segments(path, page, size, limits)
        else:
            require_bytes(path, page.plain + page.keyframe.nbytes, size)


def check_segments(path: Path, page: Page, size: int, limits: Limits) -> None:
    planes, _, height, width, samples = page.keyframe.shaped
    tall, wide = page.segment_shape
    if tall < 1 or wide < 1:
        raise unreadable(path, f"declares strips or tiles of {tall} × {wide} pixels", AGAIN)
    if tall * wide * samples * page.keyframe.dtype.itemsize > limits.whole:
        what = f"is a TIFF of {height} × {width} pixels in pieces of {tall} × {wide}, too large to decode"
        raise unreadable(path, what, "save it as a tiled TIFF")
    number = math.ceil(height / tall) * math.ceil(width / wide) * planes
    if len(page.offsets) < number or len(page.counts) < number:
        what = f"is a damaged TIFF: {len(page.offsets)} of {number} strips or tiles are listed"
        raise unreadable(path, what, AGAIN)
    require_bytes(path, max(map(sum, zip(page.offsets, page.counts, strict=False))), size)
    if not page.keyframe.is_tiled and 0 in page.counts[:number]:
        raise unreadable(path, "is a damaged TIFF: some of its strips are empty", AGAIN)


def require_bytes(path: Path, needed: int, size: int) -> None:
    if needed > size:
        raise unreadable(path, f"is a truncated TIFF: {needed - size} bytes are missing", AGAIN)
