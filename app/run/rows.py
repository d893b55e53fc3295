"""What a run says of each of its images, and of itself; report.py makes a page of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..write import Result
from ..write.thumbnail import thumbnail
from .parts import PartTime

if TYPE_CHECKING:
    from .finish import Finished


@dataclass(frozen=True)
class Row:
    """One image of the run.

    Where it failed, `error` says why; where its labels were there before, nothing
    but its name and a warning need be known.
    """

    stem: str
    thumbnail: bytes = b""  # JPEG with the overlay
    height: int = 0  # px
    width: int = 0  # px
    diameters: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))  # px, per cell
    scores: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))  # 0..1, per cell
    seconds: float = 0.0
    tolerance: float | None = None  # seconds it may take; None: as long as it likes
    passes: str = ""  # those taken, as the log says it
    warnings: tuple[str, ...] = ()
    error: str | None = None
    overlay: str = ""  # name of the overlay's file beside the report, where there is one
    parts: tuple[PartTime, ...] = ()  # in which many workers did it

    @property
    def cells(self) -> int:
        return len(self.diameters)

    @property
    def median_diameter(self) -> float:
        """Pixels; 0 where there is no cell."""
        return float(np.median(self.diameters)) if self.cells else 0.0

    @property
    def score(self) -> float:
        """Mean of the cells' scores, how sure the result is of them; 1 where none are known."""
        return float(np.mean(self.scores)) if self.scores.size else 1.0

    @property
    def measured(self) -> bool:
        """Whether this run looked at the image and got through it."""
        return self.error is None and self.height > 0

    @property
    def late(self) -> bool:
        return self.tolerance is not None and self.seconds > self.tolerance


@dataclass(frozen=True)
class Run:
    """A whole run: its images, and what a reader needs to do it again."""

    rows: tuple[Row, ...]
    started: str  # date and time
    seconds: float
    settings: Mapping[str, str]
    weights: Mapping[str, str]
    versions: Mapping[str, str]
    machine: Mapping[str, str]


def make_row(
    result: Result,
    seconds: float,
    tolerance: float | None,
    passes: str,
    warnings: tuple[str, ...],
    overlay: str = "",
) -> Row:
    """The row of an image that went well."""
    areas = result.extents.areas[1:]
    return Row(
        stem=result.stem,
        thumbnail=thumbnail(result),
        height=result.shape[0],
        width=result.shape[1],
        diameters=np.sqrt(4 / np.pi * areas[areas > 0]).astype(np.float32),
        scores=np.empty(0, np.float32) if result.scores is None else result.scores,
        seconds=seconds,
        tolerance=tolerance,
        passes=passes,
        warnings=warnings,
        overlay=overlay,
    )


def row_of(finished: Finished, drawn: Row) -> Row:
    """The row as it was drawn, with what was known of its image only at the end."""
    late_news = () if finished.warning is None else (finished.warning,)
    return replace(drawn, seconds=finished.seconds, warnings=(*drawn.warnings, *late_news))
