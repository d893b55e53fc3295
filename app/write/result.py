"""All that is known of one image once its cells are found."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..cells import Extents
from .colouring import cell_colours
from .rows import Rows, rows, spans


@dataclass(frozen=True)
class Result:
    """One segmented image; a slide's arrays lie on the disk. Raises ValueError where sizes disagree."""

    stem: str  # the beginning of every file name that is written
    image: Rows  # (H, W, 3) uint8, the 8-bit steps that the network saw
    raw: Rows  # (H, W, C), values as stored, for measurements
    labels: Rows  # (H, W) int32, 0 background, 1..N
    flow: NDArray[np.float32] | None  # (2, H, W), (dy, dx), 5 × the unit vector; None: not for `flows`
    probability: Rows | None  # (H, W) float32, in [0, 1]; None: for neither `flows` nor `table`
    pixel_size_um: tuple[float, float] | None = None  # (y, x)
    channel_names: tuple[str, ...] | None = None  # of `raw`
    file_name: str | None = None  # of the image; None: the stem
    scores: NDArray[np.float32] | None = None  # (N,), in [0, 1]: how sure the network is of each cell
    spool: Path | None = None  # folder with room for what is made on the way; None: the system's own

    def __post_init__(self) -> None:
        size = self.labels.shape
        met = [self.image.shape[:2], self.raw.shape[:2]]
        met += [] if self.flow is None else [self.flow.shape[1:]]
        met += [] if self.probability is None else [self.probability.shape]
        if any(shape != size for shape in met):
            raise ValueError(f"{self.stem}: labels are {size}; image, raw, flow and probability are {met}")

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        height, width = self.labels.shape
        return height, width

    @property
    def has_colours(self) -> bool:
        """Whether the values as stored are gray or colours; other counts of channels are neither."""
        return self.raw.shape[2] in (1, 3)

    @property
    def pictured(self) -> Rows:
        """`(H, W, C)`: what a picture is made of, the network's view where the image has no colours."""
        return self.raw if self.has_colours else self.image

    @cached_property
    def extents(self) -> Extents:
        """Every cell's box and area, from one look at all labels."""
        extents = Extents()
        for span in spans(self.shape):
            extents.add(rows(self.labels, *span))
        return extents

    @cached_property
    def colours(self) -> NDArray[np.uint8]:
        """`(N + 1, 3)`, one colour per id in all pictures; neighbours differ."""
        return cell_colours(self.labels)

    @property
    def title(self) -> str:
        """The stem for the inside of files: bytes of the name that are no UTF-8 become escapes."""
        return escaped(self.stem)

    @property
    def name(self) -> str:
        """The image's file name, or the stem, for the inside of files."""
        return escaped(self.file_name or self.stem)

    @property
    def channels(self) -> tuple[str, ...]:
        """One unique name per channel of `raw`; the index where the file gives none."""
        names = self.channel_names or ()
        indices = tuple(str(index) for index in range(self.raw.shape[2]))
        usable = len(names) == len(indices) == len(set(names)) and all(names)
        return tuple(names) if usable else indices


def escaped(name: str) -> str:
    """A file name as text that every encoding of Unicode takes."""
    return name.encode("utf-8", "backslashreplace").decode()
