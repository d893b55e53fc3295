"""What a file holds, before any channel is chosen or value changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Facts:
    """What is known of one plane of a file once it is opened."""

    height: int  # px
    width: int  # px
    axes: str  # as stored, e.g. "YX", "YXS", "TCYX"
    channels: int  # colours of a palette counted, alpha not
    dtype: np.dtype[np.generic]
    compression: str  # "none", "deflate", "jpeg", ...
    pixel_size_um: tuple[float, float] | None  # (y, x)
    pages: int  # planes that --page can choose from
    banded: bool  # too large to be held; decoded anew where rows are asked for
    notes: tuple[str, ...]  # what a user should know, one sentence each

    def noting(self, *notes: str) -> Facts:
        """The same facts with more notes; what was said before is not said again."""
        return replace(self, notes=tuple(dict.fromkeys((*self.notes, *notes))))


class Stored(Protocol):
    """One plane of one open file."""

    facts: Facts

    def rows(self, y0: int, y1: int) -> NDArray[np.generic]:
        """`(y1 - y0, W, C)` values as stored, native byte order; raises ReadError."""

    def close(self) -> None:
        """Harmless when done twice."""
