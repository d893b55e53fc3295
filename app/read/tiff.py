"""TIFF, OME-TIFF, ImageJ TIFF, SVS and NDPI: which plane, and where its pixels lie."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import tifffile

from ..errors import ReadError
from .chain import check_chain
from .flat import Flat
from .headers import orientation_note
from .layout import Layout, choose_plane, lay_out
from .limits import Limits
from .opening import AGAIN, state, unreadable
from .pixelsize import spacing, tiff_pixel_size
from .plane import Plane, Rows, check_plane, make_plane
from .quiet import quiet
from .stored import Facts, Stored

SLIDES = frozenset({"svs", "ndpi", "scn", "qpi", "bif", "avs", "philips"})  # series 0 is the slide


def open_tiff(path: Path, file: BinaryIO, page: int | None, limits: Limits) -> Stored:
    """Opens one plane of a TIFF and takes over `file`; raises ReadError."""
    try:
        check_chain(file.fileno(), state(file)[0], limits)
        with quiet() as heard:
            # other files that OME-XML names are never opened
            tiff = tifffile.TiffFile(file, name=path.name, _multifile=False)
            every = full_size_series(tiff)
            layouts = [
                lay_out(one.axes, one.shape, one.keyframe.axes, by_page=page is not None) for one in every
            ]
            index, number = choose_plane(path, layouts, page)
            series, layout = every[index], layouts[index]
            plane = make_plane(path, series, layout, number)
            check_plane(path, layout, plane, state(file)[0], limits)
            facts = plane_facts(tiff, layout, plane, sum(one.planes for one in layouts), limits)
        facts = facts.noting(*notes(layout, plane), *heard)
        if layout.last:
            with file:
                return turned(path, series, facts, limits)
        return rows_or_pixels(Rows(path, file, facts, plane, cache_budget(facts, plane, limits)))
    except ReadError:
        raise
    except Exception as cause:  # foreign code on foreign data: whatever it raises, the file is at fault
        raise unreadable(path, f"is a damaged TIFF: {cause}", AGAIN) from cause


def lay_out_file(path: Path, file: BinaryIO, limits: Limits) -> tuple[list[Layout], float | None]:
    """The dimensions of each image in an open TIFF, pages never taken as channels; µm between planes of Z.

    Raises ReadError.
    """
    try:
        check_chain(file.fileno(), state(file)[0], limits)
        with quiet():
            tiff = tifffile.TiffFile(file, name=path.name, _multifile=False)
            every = full_size_series(tiff)
            return [lay_out(one.axes, one.shape, one.keyframe.axes, by_page=True) for one in every], spacing(
                tiff
            )
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


def plane_facts(tiff: Any, layout: Layout, plane: Plane, planes: int, limits: Limits) -> Facts:
    frame = plane.frame
    return Facts(
        height=layout.height,
        width=layout.width,
        axes=layout.axes,
        channels=plane.channels if not layout.last else layout.last,
        dtype=plane.dtype,
        compression=getattr(frame.compression, "name", str(frame.compression)).lower(),
        pixel_size_um=tiff_pixel_size(tiff, frame),
        pages=planes,
        banded=layout.height * layout.width * plane.pixel_bytes > limits.banded_from and not layout.last,
        notes=(),
    )


def notes(layout: Layout, plane: Plane) -> tuple[str, ...]:
    """What a user should know about how the file was read."""
    said = []
    if layout.guessed:
        said.append(f"its {len(plane.pages)} pages are taken as channels; --page N picks one of them instead")
    if plane.frame.photometric == 0:
        said.append("the file shows 0 as white; values are taken as stored")
    if plane.frame.photometric == 5:
        said.append("its colours are inks (CMYK); they are taken as plain channels")
    if plane.left_out:
        said.append(f"{plane.left_out} of its tiles are left out in the file and read as empty")
    orientation = plane.frame.tags.valueof("Orientation", 1)
    return (*said, *orientation_note(int(orientation) if isinstance(orientation, int) else 1))


def cache_budget(facts: Facts, plane: Plane, limits: Limits) -> int:
    """Bytes of decoded segments to keep: neighbouring windows ask for the same rows of tiles."""
    row_of_tiles = plane.pages[0].segment_shape[0] * facts.width * plane.pixel_bytes
    return max(limits.cache, 3 * row_of_tiles) if facts.banded else 0


def rows_or_pixels(rows: Rows) -> Stored:
    """Decodes a small image and closes its file."""
    if rows.facts.banded:
        return rows
    try:
        return Flat(rows.facts, rows.rows(0, rows.facts.height))
    finally:
        rows.close()


def turned(path: Path, series: Any, facts: Facts, limits: Limits) -> Flat:
    """An array with the channels last, of which some writers make one page per row."""
    if math.prod(series.shape) * facts.dtype.itemsize > limits.whole:
        raise unreadable(path, f"holds {series.shape[0]} pages of one row each", "save it as a tiled TIFF")
    with quiet():
        return Flat(facts, np.asarray(series.asarray()))
