"""Polygons that QuPath opens as detections, and any GeoJSON reader as polygons."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

from ..system.files import whole_file
from .colouring import cell_colours
from .result import Result
from .trace import Polygon, Ring, trace


def write(result: Result, folder: Path) -> Path:
    """Writes `<stem>.geojson`, one feature per cell, in pixels of the whole image; returns its path.

    The keys are those that QuPath 0.4 and later read: objects need an `id` that
    is a UUID, so the label's id stands in the name and among the measurements.
    """
    path = folder / f"{result.stem}.geojson"
    colours = cell_colours(result.labels).tolist()
    # the same image and id give the same object, so that a second import finds the first
    space = uuid.uuid5(uuid.NAMESPACE_URL, result.title)
    with whole_file(path) as partial, partial.open("w", encoding="ascii") as file:
        file.write('{"type":"FeatureCollection","features":[')
        for index, (cell, polygons) in enumerate(trace(result.labels).items()):
            feature = {
                "type": "Feature",
                "id": str(uuid.uuid5(space, str(cell))),
                "geometry": geometry(polygons),
                "properties": {
                    "objectType": "detection",
                    "name": str(cell),
                    "color": colours[cell],
                    "measurements": measurements(result, cell),
                },
            }
            file.write(("," if index else "") + "\n" + json.dumps(feature, separators=(",", ":")))
        file.write("\n]}\n")
    return path


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
