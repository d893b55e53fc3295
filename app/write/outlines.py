"""Outlines that ImageJ's ROI Manager opens."""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile, ZipInfo

import numpy as np

from ..system.files import whole_file
from .groups import groups
from .result import Result
from .trace import Polygon, trace

if TYPE_CHECKING:
    from roifile import ImagejRoi

# a path of java.awt.geom.PathIterator, as ImageJ stores regions of several rings
MOVE, LINE, CLOSE = 0.0, 1.0, 4.0
WHOLE_NUMBERS = 60_000  # px; corners further out are stored as floats, too


def write(result: Result, folder: Path) -> Path:
    """Writes `<stem>_rois.zip`, one ROI per cell, named by its id; returns its path."""
    path = folder / f"{result.stem}_rois.zip"
    with whole_file(path) as partial, ZipFile(partial, "w") as file:
        for group in groups(result):
            for cell, polygons in trace(group.labels, group.top).items():
                name = str(group.before + cell)
                # an entry without a time: the same cells give the same bytes
                file.writestr(ZipInfo(f"{name}.roi"), packed(name, polygons))
    return path


def packed(name: str, polygons: list[Polygon]) -> bytes:
    """The ROI's file. The most frequent form is filled in here, five times as fast as roifile makes it."""
    ring = polygons[0].shell
    (left, top), (right, bottom) = ring.min(axis=0).tolist(), ring.max(axis=0).tolist()
    if len(polygons) > 1 or polygons[0].holes or max(right, bottom) > WHOLE_NUMBERS or len(ring) >= 1 << 16:
        return roi(name, polygons).tobytes()
    first, second = frame()
    corners = (ring - (left, top)).astype(">i2").tobytes(order="F")
    # ImageJ reads numbers above 32767 as negative and takes 65536 off: it knows how they are meant
    box = struct.pack(">HHHHH", top, left, bottom + 1, right + 1, len(ring))
    at = len(first) + len(corners)
    named = struct.pack(">ii", at + len(second), len(name))
    head = b"".join((first[:8], box, first[18:60], struct.pack(">i", at)))
    return b"".join((head, corners, second[:16], named, second[24:], name.encode("utf-16-be")))


@cache
def frame() -> tuple[bytes, bytes]:
    """The two headers, of 64 bytes each, of any traced ROI."""
    corners = np.array([(0, 0), (1, 0), (1, 1)], np.int32)
    data = roi("0", [Polygon(corners, ())]).tobytes()
    second = 64 + 4 * len(corners)
    return data[:64], data[second : second + 64]


def roi(name: str, polygons: list[Polygon]) -> ImagejRoi:
    """A traced ROI where one ring says it all, else a composite one; corners as in the polygons."""
    from roifile import ROI_OPTIONS, ROI_TYPE, ImagejRoi

    if len(polygons) == 1 and not polygons[0].holes:
        simple = ImagejRoi.frompoints(polygons[0].shell, name=name)
        simple.roitype = ROI_TYPE.TRACED
        return simple
    path: list[float] = []
    for ring in (ring for polygon in polygons for ring in (polygon.shell, *polygon.holes)):
        for index, (x, y) in enumerate(ring.tolist()):
            path += (LINE if index else MOVE, x, y)
        path.append(CLOSE)
    shells = np.concatenate([polygon.shell for polygon in polygons])
    (left, top), (right, bottom) = shells.min(axis=0).tolist(), shells.max(axis=0).tolist()
    return ImagejRoi(
        roitype=ROI_TYPE.RECT,
        options=ROI_OPTIONS.OVERLAY_BACKGROUNDS | ROI_OPTIONS.OVERLAY_LABELS,
        name=name,
        left=left,
        top=top,
        right=right,
        bottom=bottom,
        shape_roi_size=len(path),
        multi_coordinates=np.array(path, np.float32),
    )
