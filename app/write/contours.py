"""Where the cells' contours run, and how wide they are to be seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SCREEN = 700  # px; an image this long on its longer side needs contours one pixel wide
CELL_SHARE = 10  # a contour is no wider than this part of the median cell's diameter


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
