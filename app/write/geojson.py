"""Polygons that QuPath opens as detections, and any GeoJSON reader as polygons."""

from __future__ import annotations

import hashlib
import json
import uuid
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..system.files import whole_file
from .colours import SKY, VERMILLION, YELLOW, rgb
from .groups import groups
from .result import Result
from .trace import Polygon, Ring, trace

SCALE = (VERMILLION, YELLOW, SKY)  # of scores 0, 0.5 and 1; all are seen on dark and on stained images


def write(result: Result, folder: Path) -> Path:
    """Writes `<stem>.geojson`, one feature per cell, in pixels of the whole image; returns its path.

    The keys are those that QuPath 0.4 and later read: objects need an `id` that
    is a UUID, so the label's id stands in the name and among the measurements.
    Colours tell the score, where there is one: the cells to look at stand out.
    """
    path = folder / f"{result.stem}.geojson"
    colours = (result.colours if result.scores is None else score_colours(result.scores)).tolist()
    # the same image and id give the same object, so that a second import finds the first
    space = uuid.uuid5(uuid.NAMESPACE_URL, result.title)
    encode = json.JSONEncoder(separators=(",", ":")).encode
    between = "\n"
    with whole_file(path) as partial, partial.open("w", encoding="ascii") as file:
        file.write('{"type":"FeatureCollection","features":[')
        for group in groups(result):
            for label, polygons in trace(group.labels, group.top).items():
                cell = group.before + label
                feature = {
                    "type": "Feature",
                    "id": name_based(space, str(cell)),
                    "geometry": geometry(polygons),
                    "properties": {
                        "objectType": "detection",
                        "name": str(cell),
                        "color": colours[cell],
                        "measurements": measurements(result, cell),
                    },
                }
                file.write(between + encode(feature))
                between = ",\n"
        file.write("\n]}\n")
    return path


def name_based(space: uuid.UUID, name: str) -> str:
    """`str(uuid.uuid5(space, name))` (RFC 9562), in a third of the time."""
    digest = bytearray(hashlib.sha1(space.bytes + name.encode(), usedforsecurity=False).digest()[:16])
    digest[6], digest[8] = digest[6] & 0x0F | 0x50, digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def score_colours(scores: NDArray[np.float32]) -> NDArray[np.uint8]:
    """`(N,)` in [0, 1] → `(N + 1, 3)`, one colour per id: along `SCALE`, from unsure to sure."""
    stops = np.linspace(0, 1, len(SCALE))
    ends = np.array([rgb(name) for name in SCALE])
    channels = [np.interp(scores, stops, ends[:, channel]) for channel in range(3)]
    return np.pad(np.rint(np.stack(channels, axis=1)).astype(np.uint8), ((1, 0), (0, 0)))


def measurements(result: Result, cell: int) -> dict[str, float]:
    """What QuPath lists beside an object."""
    if result.scores is None:
        return {"label": cell}
    return {"label": cell, "score": round(float(result.scores[cell - 1]), 4)}


def geometry(polygons: list[Polygon]) -> dict[str, object]:
    """A GeoJSON Polygon, or MultiPolygon where the cell lies in several pieces."""
    rings = [[closed(ring) for ring in (polygon.shell, *polygon.holes)] for polygon in polygons]
    if len(rings) == 1:
        return {"type": "Polygon", "coordinates": rings[0]}
    return {"type": "MultiPolygon", "coordinates": rings}


def closed(ring: Ring) -> list[list[int]]:
    """The corners as lists, the first repeated at the end."""
    corners: list[list[int]] = ring.tolist()
    return [*corners, corners[0]]
