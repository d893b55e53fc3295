"""One image, normalised once, its rows on demand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..errors import ReadError
from .find import is_zarr
from .flat import open_flat
from .limits import Limits
from .normalise import Scale, countable, find_scale, finite, pieces
from .opening import SLIDES, identify, open_regular, unreadable
from .stored import Stored

Channels = tuple[int, int, int]


@dataclass(frozen=True)
class ImageInfo:
    """What a file is and how it is read."""

    path: Path
    height: int  # px
    width: int  # px
    axes: str  # as stored, e.g. "YX", "YXS", "TCYX"
    channels: int  # as stored; alpha not counted, the colours of a palette counted
    dtype: str  # as stored, e.g. "uint16"
    compression: str
    pixel_size_um: tuple[float, float] | None  # (y, x)
    pages: int  # planes that `page` can choose from
    banded: bool  # rows are decoded when asked for; else the image lies in memory
    notes: tuple[str, ...]  # warnings, one sentence each


class ImageSource:
    """Rows of one open image; a context manager."""

    def __init__(self, info: ImageInfo, stored: Stored, chosen: tuple[int, ...]) -> None:
        self.info = info
        self.stored = stored
        self.chosen = chosen  # channels that the network sees: one, two or three
        self.scale: Scale | None = None
        self.steps: NDArray[np.uint8] | None = None  # (H, W, len(chosen)) where not banded

    def rows(self, y0: int, y1: int) -> NDArray[np.uint8]:
        """`(y1 - y0, W, 3)` in 8-bit steps; divided by 255 it is what the network sees. Raises ReadError."""
        self.check(y0, y1)
        if self.scale is None:
            self.scale = find_scale(self.chunks, steps_dtype(self.stored.facts.dtype))
            if not self.info.banded:
                self.steps = self.scale.apply(self.chosen_rows(0, self.info.height))
        steps = self.scale.apply(self.chosen_rows(y0, y1)) if self.steps is None else self.steps[y0:y1]
        return three_channels(steps)

    def raw_rows(self, y0: int, y1: int) -> NDArray[np.generic]:
        """`(y1 - y0, W, C)` stored values of all channels, for measurements; alpha is left out.

        Floats that are not finite come as 0. Raises ReadError.
        """
        self.check(y0, y1)
        return finite(self.stored.rows(y0, y1))

    def close(self) -> None:
        """Harmless when done twice."""
        self.stored.close()

    def __enter__(self) -> ImageSource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def check(self, y0: int, y1: int) -> None:
        if not 0 <= y0 < y1 <= self.info.height:
            raise ValueError(f"rows {y0}..{y1} do not lie in an image of {self.info.height} rows")

    def chosen_rows(self, y0: int, y1: int) -> NDArray[np.generic]:
        """`(y1 - y0, W, len(chosen))` finite values."""
        rows = self.stored.rows(y0, y1)
        if self.chosen != tuple(range(rows.shape[2])):
            rows = rows[..., list(self.chosen)]
        return finite(countable(rows))

    def chunks(self) -> Iterator[NDArray[np.generic]]:
        """All chosen values in flat pieces."""
        facts = self.stored.facts
        step = min(facts.height, max(1, (32 << 20) // (facts.width * facts.channels * facts.dtype.itemsize)))
        for y0 in range(0, facts.height, step):
            yield from pieces(self.chosen_rows(y0, min(y0 + step, facts.height)))


def open_image(
    path: str | Path,
    *,
    channels: Channels | None = None,
    page: int | None = None,
    limits: Limits | None = None,
) -> ImageSource:
    """Opens one image; `channels` chooses what the network sees, `page` a plane of a stack, both from 0.

    Small images are decoded here, large TIFFs row by row later. The orientation in
    a photograph's EXIF is followed, that of a TIFF is told: in both, labels fit
    what most readers show. Raises ReadError, one line.
    """
    path = Path(path)
    stored = open_stored(path, page, limits or Limits())
    try:
        chosen = choose(path, stored.facts.channels, channels)
    except ReadError:
        stored.close()
        raise
    return ImageSource(describe(path, stored, told=channels is not None), stored, chosen)


def describe(path: Path, stored: Stored, *, told: bool) -> ImageInfo:
    """The facts and notes of an open file; `told` where the user has chosen the channels."""
    facts = stored.facts
    notes = list(facts.notes)
    if facts.channels > 3 and not told:
        notes.append(f"the first 3 of its {facts.channels} channels are taken; --channels i,j,k chooses")
    if facts.dtype.kind == "f" and not facts.banded:
        rows = stored.rows(0, facts.height)
        bad = np.count_nonzero(finite(rows) != rows)
        notes += [f"{bad} values are not finite and count as 0"] if bad else []
    return ImageInfo(
        path=path,
        height=facts.height,
        width=facts.width,
        axes=facts.axes,
        channels=facts.channels,
        dtype=str(facts.dtype),
        compression=facts.compression,
        pixel_size_um=facts.pixel_size_um,
        pages=facts.pages,
        banded=facts.banded,
        notes=tuple(notes),
    )


def read_image(
    path: str | Path, *, channels: Channels | None = None, page: int | None = None
) -> NDArray[np.float32]:
    """`(H, W, 3)` float32 in [0, 1], whole; see `open_image`. Raises ReadError."""
    with open_image(path, channels=channels, page=page) as source:
        return np.divide(source.rows(0, source.info.height), 255, dtype=np.float32)


def open_stored(path: Path, page: int | None, limits: Limits) -> Stored:
    """The reader of the format of a file, or of a folder that is an image."""
    if is_zarr(path):
        return open_container(path, page, limits)
    file = open_regular(path)
    try:
        return open_file(path, file, page, limits)
    except BaseException:
        file.close()
        raise


def open_file(path: Path, file: BinaryIO, page: int | None, limits: Limits) -> Stored:
    """The reader of an open file's format."""
    kind = identify(path, file)
    if kind == "TIFF":
        from .tiff import open_tiff  # tifffile, only where a file needs it

        return open_tiff(path, file, page, limits)
    if kind == "ZIP":
        with file:
            return open_container(path, page, limits)
    if page not in (None, 0):
        raise unreadable(path, f"has no page {page}, it is a {kind} and holds 1", "leave out --page")
    with file:
        if kind == "DICOM" or kind in SLIDES.values():
            from .slide import open_slide

            return open_slide(path, kind, limits)
        return open_flat(path, file, kind, limits)


def open_container(path: Path, page: int | None, limits: Limits) -> Stored:
    """The reader of OME-Zarr, a folder or a zip."""
    from .ome_zarr import open_zarr  # its libraries, only where one is read

    return open_zarr(path, page, limits)


def choose(path: Path, stored: int, channels: Channels | None) -> tuple[int, ...]:
    """Gray stays one channel; two stay two; of more the first three or those asked for."""
    if channels is None:
        return tuple(range(min(stored, 3)))
    wrong = [c for c in channels if not 0 <= c < stored]
    if wrong:
        what = f"has no channel {wrong[0]}, it holds {stored}"
        raise unreadable(path, what, f"choose --channels from 0 to {stored - 1}")
    return channels


def three_channels(steps: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Gray three times; a third channel of zeros beside two."""
    height, width, channels = steps.shape
    if channels == 3:
        return steps
    out = np.zeros((height, width, 3), np.uint8)
    for target, channel in enumerate((0, 0, 0) if channels == 1 else (0, 1)):
        out[..., target] = steps[..., channel]  # one by one: three times as fast as by broadcasting
    return out


def steps_dtype(dtype: np.dtype[np.generic]) -> np.dtype[np.generic]:
    """The type in which values are counted: truth values as bytes."""
    return np.dtype(np.uint8) if dtype.kind == "b" else dtype.newbyteorder("=")
