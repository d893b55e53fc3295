"""Times of the parts in which a slide was done by many workers, for the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..write import page

COLUMNS = ("image", "work", "scale", "rows", "columns", "seconds", "worker", "")


@dataclass(frozen=True)
class PartTime:
    """One part, as the worker tells of it."""

    scale: float
    rows: tuple[int, int]  # of the image, px; the second is past the last
    columns: tuple[int, int]  # px
    seconds: float
    worker: str  # host and process
    kept: bool = False  # whether a run before this had done it
    tracked: bool = False  # a block whose cells were tracked, not a part that the network saw


def section(slides: Sequence[tuple[str, Sequence[PartTime]]]) -> str:
    """A table of all parts by their slide's name; empty where no slide was done in parts."""
    lines = [
        (
            name,
            "tracking" if part.tracked else "network",
            f"{part.scale:g}",
            "{} to {}".format(*part.rows),
            "{} to {}".format(*part.columns),
            f"{part.seconds:.1f}",
            part.worker,
            "done before" if part.kept else "",
        )
        for name, parts in slides
        for part in parts
    ]
    return f"<h2>Parts of slides</h2>{page.table(COLUMNS, lines, texts=2)}" if lines else ""
