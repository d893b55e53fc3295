"""Contours of the cells on the image as it looks to a person."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..system.files import whole_file
from .appearance import as_seen
from .colouring import cell_colours
from .result import Result

SCREEN = 700  # px; an image this long on its longer side needs contours one pixel wide
CELL_SHARE = 10  # a contour is no wider than this part of the median cell's diameter


def write(result: Result, folder: Path) -> Path:
    """Writes `<stem>_overlay.png`, 8-bit RGB of the image's size; returns its path."""
    from imagecodecs import png_encode

    path = folder / f"{result.stem}_overlay.png"
    with whole_file(path) as partial:
        partial.write_bytes(png_encode(overlay(as_seen(result.raw, result.image), result.labels), level=5))
    return path


def overlay(seen: NDArray[np.uint8], labels: NDArray[np.int32]) -> NDArray[np.uint8]:
    """`(H, W, 3)` uint8 image and its `(H, W)` labels → a copy with contours, `(H, W, 3)` uint8."""
    drawn = seen.copy()
    line = contours(labels, contour_width(labels))
    drawn[line] = cell_colours(labels)[labels[line]]
    return drawn


def contour_width(labels: NDArray[np.int32]) -> int:
    """Pixels: grows with the image, so that it survives on a screen, and leaves small cells open."""
    return max(min(round(max(labels.shape) / SCREEN), int(median_diameter(labels) / CELL_SHARE)), 1)


def median_diameter(labels: NDArray[np.int32]) -> float:
    """Pixels, of the circle with the median cell's area; 0 where there is no cell."""
    areas = np.bincount(labels.ravel())[1:]
    areas = areas[areas > 0]
    return 2 * float(np.sqrt(np.median(areas) / np.pi)) if areas.size else 0.0


def contours(labels: NDArray[np.int32], width: int) -> NDArray[np.bool_]:
    """`(H, W)` bool: pixels of a cell within `width` of another label.

    Contours lie inside their cells, so touching cells show both. Where the
    image's frame cuts a cell there is none: nobody knows where it ends.
    """
    from scipy.ndimage import maximum_filter, minimum_filter

    size = 2 * width + 1
    highest = maximum_filter(labels, size, mode="nearest")
    lowest = minimum_filter(labels, size, mode="nearest")
    line: NDArray[np.bool_] = (labels > 0) & (highest != lowest)
    return line
