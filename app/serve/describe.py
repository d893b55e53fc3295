"""What clients are told of an image and of a cell, as JSON."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import MediarError, RequestError
from ..write.trace import trace
from .cells import Box, Cells
from .look import level_count
from .store import Image


def summary(image: Image) -> dict[str, Any]:
    """One image in a list; nothing of it is opened."""
    meta, (cells, edits) = image.meta, image.counts
    return {
        "id": image.id,
        "name": meta.name,
        "state": meta.state,
        "error": meta.error,
        "progress": round(image.progress, 3) if meta.state == "working" else 0.0,
        "height": meta.height,
        "width": meta.width,
        "cells": cells,
        "edits": edits,
        "checked": meta.checked,
        "teaches": image.teaches,
        "has_cells": bool(meta.cells),
    }


def detail(image: Image) -> dict[str, Any]:
    """An image that is looked at; its labels are opened."""
    meta = image.meta
    told = summary(image) | {
        "notes": list(meta.notes),
        "weights": meta.weights,
        "made_with": meta.made_with,
        "passes": meta.passes,
        "thresholds": meta.thresholds.as_dict(),
        "levels": level_count(meta.shape) if meta.height else 0,
        "tracking": image.wants_tracking,
        "before": (image.folder / "before.npy").exists(),
        "version": "",
        "undo": False,
        "redo": False,
        "passed_over": 0,
    }
    if not meta.cells:
        return told
    with image.lock:
        try:
            working = image.working
        except (MediarError, OSError, ValueError) as error:  # one damaged image must not take the page away
            return told | {"state": "failed", "error": f"{meta.name}: {error}", "has_cells": False}
        return told | {
            "cells": len(working.cells.ids),
            "edits": len(working.journal.edits),
            "teaches": image.teaches,
            "version": working.version,
            "undo": bool(working.journal.edits),
            "redo": bool(working.journal.undone),
            "passed_over": working.passed_over,
        }


def cell(cells: Cells, number: int) -> dict[str, Any]:
    """One cell with its outline, in px of the image."""
    box = Box(*(int(side) for side in cells.boxes[number]))
    mask = (cells.labels[box.inside] == number).astype(np.int32)
    offset = np.array([box.x0, box.y0])
    rings = [
        (ring + offset).tolist()
        for polygon in trace(mask).get(1, [])
        for ring in (polygon.shell, *polygon.holes)
    ]
    ys, xs = np.nonzero(mask)
    middle = int(np.hypot(ys - ys.mean(), xs - xs.mean()).argmin())  # a pixel of its own, whatever its form
    return {
        "id": number,
        "area": int(cells.sizes[number]),
        "score": round(float(cells.scores[number]), 4),
        "x": box.x0 + int(xs[middle]) + 0.5,
        "y": box.y0 + int(ys[middle]) + 0.5,
        "box": [box.x0, box.y0, box.x1, box.y1],
        "rings": rings,
    }


def neighbour(cells: Cells, after: int, step: int) -> int:
    """The cell that follows (1) or precedes (-1) `after` where the least certain come first; 0 begins.

    Raises RequestError where there are none.
    """
    ids = cells.ids
    if not ids.size:
        raise RequestError("there are no cells", 404)
    order = ids[np.lexsort((ids, cells.scores[ids]))]
    place = np.flatnonzero(order == after)
    if not place.size:
        return int(order[0 if step > 0 else -1])
    return int(order[(int(place[0]) + step) % len(order)])
