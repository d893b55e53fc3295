"""Contours of the cells on the image as it looks to a person."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..system.files import whole_file
from .appearance import as_seen
from .colouring import cell_colours
from .contours import contour_width, contours
from .reduced import reduced
from .result import Result

SMALL = 1400  # px, the longer side of the small picture, which fits a screen; a smaller image has none


def write(result: Result, folder: Path) -> Path:
    """Writes `<stem>_overlay.png`, 8-bit RGB of the image's size; returns its path.

    Beside that of an image larger than a screen stands `<stem>_overlay_small.png`,
    drawn for its size: contours that are thin enough for small cells vanish where
    the whole picture is shown reduced.
    """
    path = folder / f"{result.stem}_overlay.png"
    write_png(path, overlay(as_seen(result.raw, result.image), result.labels))
    if max(result.labels.shape) > SMALL:
        write_png(folder / f"{result.stem}_overlay_small.png", reduced(result, SMALL))
    return path


def write_png(path: Path, pixels: NDArray[np.uint8]) -> None:
    """`(h, w, 3)`, whole or not at all."""
    from imagecodecs import png_encode

    with whole_file(path) as partial:
        partial.write_bytes(png_encode(pixels, level=5))


def overlay(seen: NDArray[np.uint8], labels: NDArray[np.int32]) -> NDArray[np.uint8]:
    """`(H, W, 3)` uint8 image and its `(H, W)` labels → a copy with contours, `(H, W, 3)` uint8."""
    drawn = seen.copy()
    line = contours(labels, contour_width(labels))
    drawn[line] = cell_colours(labels)[labels[line]]
    return drawn
