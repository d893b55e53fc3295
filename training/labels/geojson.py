"""QuPath's objects as GeoJSON: a FeatureCollection, a list of features, or one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from training.data import DataError
from training.labels.drawn import MARKED, UNKNOWN, Labels, Shape
from training.labels.polygons import Ring, paint

AREAS = ("Polygon", "MultiPolygon")
NOT_CELLS = {"background": MARKED, "ignore*": UNKNOWN}  # names of QuPath's classes


def read(path: Path, shape: Shape) -> Labels:
    """A cell for each detection, cell or annotation; raises DataError.

    Objects of the class "Background" are marked as that, and those of "Ignore*"
    are not known; cells drawn within either stay cells.
    """
    try:
        content = json.loads(path.read_bytes())
        drawn = list(regions(path, content))
    except DataError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as cause:
        line = " ".join(str(cause).split())
        raise DataError(f"{path}: is no GeoJSON of objects ({line}); export them from QuPath anew") from cause
    except OSError as cause:
        raise DataError(f"{path}: can't be read: {cause.strerror}") from cause
    drawn.sort(key=lambda region: region[0] < 0)  # cells first: what is painted stays
    return paint(path, shape, drawn)


def regions(path: Path, content: Any) -> Iterator[tuple[int, list[Ring]]]:
    """Value and rings of each object."""
    features = content
    if isinstance(content, dict):
        features = content["features"] if content.get("type") == "FeatureCollection" else [content]
    for number, feature in enumerate(features, start=1):
        shape = feature["geometry"]
        if shape["type"] not in AREAS:
            raise DataError(
                f"{path}: object {number} is a {shape['type']}; cells are areas: draw around them"
            )
        polygons = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
        rings = [np.array(ring, np.float64)[:, :2] for rings in polygons for ring in rings]
        named = ((feature.get("properties") or {}).get("classification") or {}).get("name") or ""
        yield NOT_CELLS.get(named.lower(), number), rings
