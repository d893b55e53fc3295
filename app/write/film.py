"""A stack with its cells as a film: one colour a cell, or a track, through all planes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .animation import write_animation
from .colouring import NEAR, PALETTE, TOUCHING, colour_graph, neighbours
from .contours import SCREEN, contours
from .reduced import middles, shrink
from .thumbnail import QUALITY, SIDE

LONGEST = 1000  # px, the longer side of a frame
PIXELS = 40_000_000  # of all frames together, which a browser holds unpacked: four bytes each

Labels = NDArray[np.int32]


@dataclass
class Cells:
    """What is seen of the cells of a stack, plane after plane."""

    pairs: dict[tuple[int, ...], list[NDArray[np.int64]]] = field(default_factory=dict)
    areas: NDArray[np.int64] = field(default_factory=lambda: np.zeros(1, np.int64))  # px by id, all planes
    planes: NDArray[np.int64] = field(default_factory=lambda: np.zeros(1, np.int64))  # by id, that have it

    def add(self, labels: Labels, small: Labels) -> None:
        """The next plane `(H, W)`, and the same at the size of the film."""
        found = np.bincount(labels.ravel())
        if len(found) > len(self.areas):
            more = (0, len(found) - len(self.areas))
            self.areas, self.planes = np.pad(self.areas, more), np.pad(self.planes, more)
        self.areas[: len(found)] += found
        self.planes[: len(found)] += found > 0
        for distances in (TOUCHING, NEAR):
            self.pairs.setdefault(distances, []).append(neighbours(small, distances))

    @property
    def colours(self) -> NDArray[np.uint8]:
        """`(N + 1, 3)`, one colour per id; cells that meet in any plane differ where colours are left."""
        touching, near = (
            np.unique(np.concatenate(self.pairs[distances]), axis=0) for distances in (TOUCHING, NEAR)
        )
        colours = np.zeros((len(self.areas), 3), np.uint8)
        colours[1:] = PALETTE[colour_graph(touching, near, len(colours), len(PALETTE))[1:]]
        return colours

    @property
    def diameters(self) -> NDArray[np.float32]:
        """(N,) px, of the circle with a cell's mean area in the planes that have it."""
        there = self.planes[1:] > 0
        mean = self.areas[1:][there] / self.planes[1:][there]
        return np.sqrt(4 / np.pi * mean).astype(np.float32)


@dataclass(frozen=True)
class Drawn:
    """What a report shows of a stack."""

    thumbnail: bytes  # JPEG of the middle plane
    diameters: NDArray[np.float32]  # (N,) px, one per cell


def draw_film(
    shape: tuple[int, int, int],
    labels: Callable[[], Iterable[Labels]],
    images: Callable[[int], NDArray[np.uint8]],
    path: Path | None,
) -> Drawn:
    """Writes the film to `path`, where there is one, and returns what a report shows.

    `shape` is that of the stack, (planes, H, W); `labels` gives its labels from
    the first plane on, as often as it is called, `images` a plane by its index,
    `(H, W, 3)`.
    """
    size = film_size(shape)
    picked = np.ix_(*(middles(long, short) for long, short in zip(shape[1:], size, strict=True)))
    cells = Cells()
    for plane in labels():
        cells.add(plane, plane[picked])
    colours = cells.colours
    middle: list[NDArray[np.uint8]] = []

    def frames() -> Iterator[NDArray[np.uint8]]:
        for index, plane in enumerate(labels()):
            if path is not None or index == shape[0] // 2:
                frame = draw(images(index), plane[picked], colours)
                if index == shape[0] // 2:
                    middle.append(frame)
                yield frame

    if path is None:
        list(frames())
    else:
        write_animation(path, frames(), shape[0])
    return Drawn(small_jpeg(middle[0]), cells.diameters)


def film_size(shape: tuple[int, int, int]) -> tuple[int, int]:
    """Height and width of a frame: no larger than the planes, a screen, and what a browser can hold."""
    planes, height, width = shape
    scale = min(1.0, LONGEST / max(height, width), (PIXELS / (planes * height * width)) ** 0.5)
    return max(round(height * scale), 1), max(round(width * scale), 1)


def draw(image: NDArray[np.uint8], small: Labels, colours: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`(H, W, 3)` and `(h, w)` labels → `(h, w, 3)` with contours."""
    seen = np.rint(shrink(image, small.shape)).astype(np.uint8)
    line = contours(small, max(round(max(small.shape) / SCREEN), 1))
    seen[line] = colours[small[line]]
    return seen


def small_jpeg(frame: NDArray[np.uint8]) -> bytes:
    """A thumbnail."""
    from imagecodecs import jpeg8_encode

    height, width = frame.shape[:2]
    scale = min(SIDE / max(height, width), 1)
    size = max(round(height * scale), 1), max(round(width * scale), 1)
    return bytes(jpeg8_encode(np.rint(shrink(frame, size)).astype(np.uint8), level=QUALITY))
