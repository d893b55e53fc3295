"""Rows that are kept on disk until they are read again: what a slide's scales found."""

from __future__ import annotations

import tempfile
import zlib
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

CHUNK = 256  # rows that are packed together
LEVEL = 1  # of zlib: labels shrink a hundredfold at once, and more effort gains little


class Spool:
    """Consecutive rows, packed; written once from the top, read in any order of bands.

    The file has no name, so nothing is left of it however the process ends.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """`folder` is where there is room, such as that of the results; None for the system's own."""
        self.file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (closed by `close`)
        self.chunks: list[tuple[int, int]] = []  # offset and bytes in the file
        self.tops: list[int] = [0]  # first row of each chunk, and the row after the last
        self.shape: tuple[int, ...] = ()
        self.dtype: np.dtype[Any] = np.dtype(np.int32)
        self.last: tuple[int, NDArray[Any]] | None = None

    def append(self, rows: NDArray[Any]) -> None:
        """The next rows `(h, ...)`, all of one width and type."""
        self.shape, self.dtype = rows.shape[1:], rows.dtype
        for top in range(0, len(rows), CHUNK):
            part = np.ascontiguousarray(rows[top : top + CHUNK])
            packed = zlib.compress(part.tobytes(), LEVEL)
            self.chunks.append((self.file.seek(0, 2), len(packed)))
            self.file.write(packed)
            self.tops.append(self.tops[-1] + len(part))

    def rows(self, y0: int, y1: int) -> NDArray[Any]:
        """Rows y0 to y1 (exclusive)."""
        first = int(np.searchsorted(self.tops, y0, "right")) - 1
        parts = []
        for number in range(first, len(self.chunks)):
            top = self.tops[number]
            if top >= y1:
                break
            parts.append(self.chunk(number)[max(y0 - top, 0) : y1 - top])
        return np.concatenate(parts) if len(parts) != 1 else parts[0]

    def chunk(self, number: int) -> NDArray[Any]:
        """One chunk; the last one read is kept, since bands often end inside one."""
        if self.last is None or self.last[0] != number:
            offset, size = self.chunks[number]
            self.file.seek(offset)
            # a bytearray, since kernels compile anew for arrays that can't be written
            flat = np.frombuffer(bytearray(zlib.decompress(self.file.read(size))), self.dtype)
            self.last = number, flat.reshape(-1, *self.shape)
        return self.last[1]

    def close(self) -> None:
        """Gives the disk's room back."""
        self.file.close()

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
