"""Where the cells' contours run, and how wide they are to be seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SCREEN = 700  # px; an image this long on its longer side needs contours one pixel wide
CELL_SHARE = 10  # a contour is no wider than this part of the median cell's diameter


def contour_width(shape: tuple[int, ...], diameter: float) -> int:
    """Pixels: grows with the image, so that it survives on a screen, and leaves small cells open.

    `diameter` is that of the median cell in pixels.
    """
    return max(min(round(max(shape) / SCREEN), int(diameter / CELL_SHARE)), 1)


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
