"""Contours of the cells on the image as it looks to a person."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..cells.extents import Extents
from ..cells.spool import Spool
from ..system.files import whole_file
from .appearance import Contrast
from .colouring import cell_colours
from .contours import SCREEN, contour_width, contours
from .ome import write_pyramid
from .pyramid import SMALLEST, every_second, halved, mean_of_four
from .reduced import FILLED, OUTLINED, fill, reduced
from .result import Result
from .rows import OnDisk, Rows, bands, rows

SMALL = 1400  # px, the longer side of the small picture, which fits a screen; a smaller image has none
SLIDE = 25_000_000  # px, from which the picture is a pyramid: no browser shows one larger
SLIDE_SMALL = 4000  # px, the longer side of the small picture of a slide, which is all that a browser shows
LINE = 2  # px, a contour on a pyramid's level, where viewers show a pixel as a pixel


def write(result: Result, folder: Path) -> Path:
    """Writes `<stem>_overlay.png`, 8-bit RGB of the image's size; returns its path.

    Beside that of an image larger than a screen stands `<stem>_overlay_small.png`,
    drawn for its size: contours that are thin enough for small cells vanish where
    the whole picture is shown reduced. That of a slide is a pyramid,
    `<stem>_overlay.ome.tif`, each level drawn for its size.
    """
    slide = result.shape[0] * result.shape[1] >= SLIDE
    path = folder / f"{result.stem}_overlay{'.ome.tif' if slide else '.png'}"
    seen = as_it_looks(result)
    if slide:
        with whole_file(path) as partial:
            draw_pyramid(result, seen, partial)
    else:
        width = contour_width(result.shape, result.extents.median_diameter)
        drawn = outlined(seen, result.labels, result.colours, width)
        write_png(path, np.concatenate(list(bands(drawn))))
    if max(result.shape) > SMALL:
        write_png(small(path), reduced(result, SLIDE_SMALL if slide else SMALL))
    return path


def small(path: Path) -> Path:
    """The small picture beside an overlay."""
    return path.with_name(f"{path.name.removesuffix('.ome.tif').removesuffix('.png')}_small.png")


def for_browser(path: Path) -> Path:
    """The overlay, or the picture that stands for it where a browser can't show it."""
    return path if path.suffix == ".png" else small(path)


def write_png(path: Path, pixels: NDArray[np.uint8]) -> None:
    """`(h, w, 3)`, whole or not at all."""
    from imagecodecs import png_encode

    with whole_file(path) as partial:
        partial.write_bytes(png_encode(pixels, level=5))


def overlay(seen: NDArray[np.uint8], labels: NDArray[np.int32]) -> NDArray[np.uint8]:
    """`(H, W, 3)` uint8 image and its `(H, W)` labels → a copy with contours, `(H, W, 3)` uint8."""
    extents = Extents()
    extents.add(labels)
    width = contour_width(labels.shape, extents.median_diameter)
    return rows(outlined(seen, labels, cell_colours(labels), width), 0, len(labels))


def as_it_looks(result: Result) -> OnDisk:
    """`(H, W, 3)` uint8, without cells."""
    values = result.pictured
    contrast = Contrast.of(values, together=result.has_colours)
    return OnDisk((*result.shape, 3), lambda *span: contrast.apply(rows(values, *span)))


def outlined(seen: Rows, labels: Rows, colours: NDArray[np.uint8], width: int) -> OnDisk:
    """`seen` with contours `width` px wide."""

    def read(y0: int, y1: int) -> NDArray[np.uint8]:
        above, below = max(y0 - width, 0), min(y1 + width, labels.shape[0])
        around, drawn = rows(labels, above, below), rows(seen, y0, y1).copy()
        inner = slice(y0 - above, y1 - above)
        line = contours(around, width)[inner]
        drawn[line] = colours[around[inner][line]]
        return drawn

    return OnDisk(seen.shape, read)


def filled(seen: Rows, labels: Rows, colours: NDArray[np.uint8]) -> OnDisk:
    """`seen` with cells in their colours, for cells too small for a contour."""

    def read(y0: int, y1: int) -> NDArray[np.uint8]:
        drawn = rows(seen, y0, y1).copy()
        fill(drawn, rows(labels, y0, y1), colours)
        return drawn

    return OnDisk(seen.shape, read)


def draw_pyramid(result: Result, seen: Rows, path: Path) -> None:
    """Levels of a slide, each with contours for its size, as tiled JPEG."""
    labels, diameter = result.labels, result.extents.median_diameter
    with ExitStack() as spools:

        def spool() -> Spool:
            return spools.enter_context(Spool(result.spool))

        pyramid: list[Rows] = [outlined(seen, labels, result.colours, line_width(diameter))]
        while max(pyramid[-1].shape[:2]) > SMALLEST:
            diameter /= 2
            if diameter < FILLED:  # specks: what was drawn of them melts into a tint
                pyramid.append(halved(pyramid[-1], mean_of_four, spool()))
                continue
            seen, labels = halved(seen, mean_of_four, spool()), halved(labels, every_second, spool())
            if diameter < OUTLINED:
                pyramid.append(filled(seen, labels, result.colours))
            else:
                pyramid.append(outlined(seen, labels, result.colours, line_width(diameter)))
        metadata: dict[str, object] = {"axes": "YXS", "Name": f"{result.title} overlay"}
        coded = {"compression": "jpeg", "compressionargs": {"level": 90}, "subsampling": (1, 1)}
        write_pyramid(path, pyramid, np.dtype(np.uint8), metadata, photometric="rgb", **coded)


def line_width(diameter: float) -> int:
    """Pixels, on a level on which the median cell is `diameter` px across."""
    return contour_width((LINE * SCREEN,), diameter)
