"""TIFF, OME-TIFF, ImageJ TIFF, SVS and NDPI: one plane, in rows where it is large."""

from __future__ import annotations

import contextlib
import logging
import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import tifffile
from numpy.typing import NDArray

from app.errors import ReadError
from app.images.flat import Flat, orientation_note
from app.images.layout import Layout, lay_out
from app.images.limits import Limits
from app.images.opening import state, unreadable
from app.images.pixelsize import tiff_pixel_size
from app.images.segments import Page, Segments
from app.images.stored import Facts, Stored

AGAIN = "copy it again or export it anew"
SLIDES = frozenset({"svs", "ndpi", "scn", "qpi", "bif", "avs", "philips"})  # series 0 is the slide
ALPHA = (1, 2)  # values of ExtraSamples that mean opacity
FOREIGN = logging.getLogger("tifffile")


@dataclass(frozen=True)
class Plane:
    """The pages of one plane and what is made of their samples."""

    pages: tuple[Page, ...]
    kept: tuple[int, ...]  # samples of a page that are no alpha
    palette: NDArray[np.generic] | None  # (colours, 3)


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
        first = self.plane.pages[0]
        samples = first.samples
        dtype = np.dtype(first.keyframe.dtype)
        out = np.empty((y1 - y0, self.facts.width, samples * len(self.plane.pages)), dtype)
        try:
            with quiet():
                for i, page in enumerate(self.plane.pages):
                    page.read(out[..., i * samples : (i + 1) * samples], y0, self.segments)
        except Exception as cause:  # foreign code on foreign data: whatever it raises, the file is at fault
            if state(self.file) == self.before:
                raise unreadable(self.path, f"is a damaged TIFF: {cause}", AGAIN) from cause
        if state(self.file) != self.before:
            raise unreadable(self.path, "changed while it was being read", "run again when it is complete")
        if len(self.plane.kept) < samples:
            out = out.reshape(*out.shape[:2], -1, samples)[..., self.plane.kept].reshape(*out.shape[:2], -1)
        if self.plane.palette is not None:
            out = np.take(self.plane.palette, out[..., 0], axis=0, mode="clip")
        return out

    def close(self) -> None:
        self.segments.close()
        self.file.close()


def open_tiff(path: Path, file: BinaryIO, page: int | None, limits: Limits) -> Stored:
    """Opens one plane of a TIFF and takes over `file`; raises ReadError."""
    try:
        with quiet() as heard:
            # other files that OME-XML names are never opened
            tiff = tifffile.TiffFile(file, name=path.name, _multifile=False)
            series = full_size_series(tiff)
            layouts = [series_layout(one, by_page=page is not None) for one in series]
            index, number = choose_plane(path, layouts, page)
            return open_plane(path, file, tiff, series[index], layouts[index], number, limits, heard, layouts)
    except ReadError:
        raise
    except Exception as cause:  # foreign code on foreign data: whatever it raises, the file is at fault
        raise unreadable(path, f"is a damaged TIFF: {cause}", AGAIN) from cause


def full_size_series(tiff: Any) -> list[Any]:
    """The image series of a file without thumbnails, masks, labels and lower pyramid levels."""
    every = [one for one in tiff.series if math.prod(one.shape) > 0]
    if not every:
        raise ValueError("it holds no image")
    if every[0].kind in SLIDES:
        return every[:1]
    return [one for one in every if not (one.keyframe.is_reduced or one.keyframe.is_mask)] or every[:1]


def series_layout(series: Any, *, by_page: bool) -> Layout:
    return lay_out(series.axes, series.shape, series.keyframe.axes, by_page=by_page)


def choose_plane(path: Path, layouts: list[Layout], page: int | None) -> tuple[int, int]:
    """Series and plane within it; raises ReadError where there are several and none is chosen."""
    total = sum(layout.planes for layout in layouts)
    if page is None and total > 1:
        if len(layouts) == 1:
            what = f"is a stack with axes {layouts[0].axes}: {layouts[0].stack()}"
        else:
            shapes = ", ".join(f"{one.axes} {' × '.join(map(str, one.shape))}" for one in layouts[:4])
            what = f"holds {len(layouts)} images: {shapes}" + (", ..." if len(layouts) > 4 else "")
        raise unreadable(path, what, f"choose one of its {total} planes with --page N (0 to {total - 1})")
    left = page or 0
    if not 0 <= left < total:
        todo = f"choose --page N from 0 to {total - 1}" if total > 1 else "leave out --page"
        raise unreadable(path, f"has no page {page}, it holds {total}", todo)
    for index, layout in enumerate(layouts):
        if left < layout.planes:
            return index, left
        left -= layout.planes
    raise AssertionError("unreachable: left < total")


def open_plane(
    path: Path,
    file: BinaryIO,
    tiff: Any,
    series: Any,
    layout: Layout,
    number: int,
    limits: Limits,
    heard: list[str],
    layouts: list[Layout],
) -> Stored:
    """Checks one plane against file and limits and opens it, decoded where it is small."""
    frame = series.keyframe
    check_type(path, frame)
    pages = tuple(find_page(series, index) for index in layout.pages(number))
    palette = find_palette(frame, pages)
    samples = pages[0].samples
    extra = [int(v) for v in frame.extrasamples]
    first_extra = samples - len(extra)
    kept = tuple(i for i in range(samples) if i < first_extra or extra[i - first_extra] not in ALPHA)
    channels = 3 if palette is not None else len(kept) * len(pages)
    needed = layout.height * layout.width * samples * len(pages) * np.dtype(frame.dtype).itemsize
    check_size(path, file, layout, pages, limits)
    facts = Facts(
        height=layout.height,
        width=layout.width,
        axes=layout.axes,
        channels=channels,
        dtype=np.dtype(frame.dtype) if palette is None else palette.dtype,
        compression=getattr(frame.compression, "name", str(frame.compression)).lower(),
        pixel_size_um=tiff_pixel_size(tiff, frame),
        pages=sum(one.planes for one in layouts),
        banded=needed > limits.banded_from,
        notes=tuple(dict.fromkeys([*notes(frame, layout, pages, extra), *heard])),
    )
    tall = pages[0].segment_shape[0]
    row_of_tiles = tall * layout.width * samples * len(pages) * np.dtype(frame.dtype).itemsize
    budget = max(limits.cache, 3 * row_of_tiles) if facts.banded else 0
    rows = Rows(path, file, facts, Plane(pages, kept, palette), budget)
    if facts.banded:
        return rows
    try:
        return Flat(facts, rows.rows(0, layout.height))
    finally:
        rows.close()


def check_type(path: Path, frame: Any) -> None:
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
    """The page at `index` of a series; some files describe one page only and let the others follow in one piece."""
    frame = series.keyframe
    simple = (
        frame.compression == 1 and frame.predictor == 1 and frame.fillorder == 1 and not frame.is_subsampled
    )
    if series.dataoffset is not None and simple and np.dtype(frame.dtype).itemsize * 8 == frame.bitspersample:
        return Page(index, frame, (), (), None, series.dataoffset + index * frame.nbytes)
    page = series[index]
    if page is None:
        raise ValueError(f"page {index} lies in another file")
    plain = page.dataoffsets[0] if simple and frame.is_contiguous else None
    return Page(index, frame, tuple(page.dataoffsets), tuple(page.databytecounts), page.jpegtables, plain)


def find_palette(frame: Any, pages: tuple[Page, ...]) -> NDArray[np.generic] | None:
    """`(colours, 3)`: 8 bit where the file's 16 bits say no more, as they mostly do."""
    if frame.photometric != 3 or frame.colormap is None or len(pages) > 1 or pages[0].samples > 1:
        return None
    if frame.dtype.kind != "u" or frame.dtype.itemsize > 2:
        return None
    colours = np.ascontiguousarray(frame.colormap.T)
    high, low = np.divmod(colours, 256)
    if colours.max() < 256:
        return colours.astype(np.uint8)
    return high.astype(np.uint8) if ((low == high) | (low == 0)).all() else colours


def check_size(path: Path, file: BinaryIO, layout: Layout, pages: tuple[Page, ...], limits: Limits) -> None:
    """Refuses what the file is too short for and what can't be decoded in pieces; before anything is allocated."""
    size = state(file)[0]
    height, width = layout.height, layout.width
    if max(height, width) > limits.side or height * width > limits.pixels:
        raise unreadable(path, f"declares {height} × {width} pixels", "cut it into smaller images")
    for page in pages:
        frame = page.keyframe
        if page.plain is not None:
            if page.plain + frame.nbytes > size:
                raise unreadable(
                    path, f"is a truncated TIFF: {page.plain + frame.nbytes - size} bytes missing", AGAIN
                )
            continue
        tall, wide = page.segment_shape
        if tall < 1 or wide < 1:
            raise unreadable(path, f"declares strips or tiles of {tall} × {wide} pixels", AGAIN)
        number = math.ceil(height / tall) * math.ceil(width / wide) * frame.shaped[0]
        if len(page.offsets) < number or len(page.counts) < number:
            raise unreadable(
                path, f"is a damaged TIFF: {len(page.offsets)} of {number} strips or tiles listed", AGAIN
            )
        ends = max(offset + count for offset, count in zip(page.offsets, page.counts, strict=False))
        if ends > size:
            raise unreadable(path, f"is a truncated TIFF: {ends - size} bytes missing", AGAIN)
        if not frame.is_tiled and 0 in page.counts[:number]:
            raise unreadable(
                path, f"is a damaged TIFF: {page.counts[:number].count(0)} strips are empty", AGAIN
            )
        if tall * wide * frame.shaped[-1] * frame.dtype.itemsize > limits.whole:
            what = f"is a TIFF of {height} × {width} pixels in pieces of {tall} × {wide}, too large to decode at once"
            raise unreadable(path, what, "save it as a tiled TIFF")


def notes(frame: Any, layout: Layout, pages: tuple[Page, ...], extra: list[int]) -> Iterator[str]:
    """What a user should know about how the file was read."""
    if layout.guessed:
        yield f"its {len(pages)} pages are taken as channels; --page N picks one of them instead"
    if frame.photometric == 0:
        yield "the file shows 0 as white; values are taken as stored"
    if frame.photometric == 5:
        yield "its colours are inks (CMYK); they are taken as plain channels"
    empty = sum(page.counts.count(0) for page in pages if page.plain is None)
    if empty:
        yield f"{empty} of its tiles are left out in the file and read as {frame.nodata}"
    orientation = frame.tags.valueof("Orientation", 1)
    yield from orientation_note(int(orientation) if isinstance(orientation, int) else 1)


@contextlib.contextmanager
def quiet() -> Iterator[list[str]]:
    """Keeps warnings of foreign code from the user's screen; yields what tifffile had to say."""
    heard: list[str] = []
    handler = Listener(heard)
    propagate = FOREIGN.propagate
    FOREIGN.addHandler(handler)
    FOREIGN.propagate = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield heard
    finally:
        FOREIGN.removeHandler(handler)
        FOREIGN.propagate = propagate


class Listener(logging.Handler):
    """Collects messages of warnings and errors."""

    def __init__(self, heard: list[str]) -> None:
        super().__init__(logging.WARNING)
        self.heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        message = " ".join(record.getMessage().split())
        self.heard.append(f"tifffile: {message[:160]}")
