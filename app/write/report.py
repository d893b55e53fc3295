"""One HTML page about a run that opens from the disk, without a network, with a thousand images."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from string import Template

import numpy as np
from numpy.typing import NDArray

from ..system.files import whole_file
from .plots import bars, histogram
from .result import Result
from .thumbnail import thumbnail

TEMPLATE = Path(__file__).with_name("report.html")
COLUMNS = ("Image", "Size (px)", "Cells", "Median Ø (px)", "Time", "Passes", "Remarks")


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
    seconds: float = 0.0
    tolerance: float | None = None  # seconds it may take; None: as long as it likes
    passes: str = ""  # those taken, as the log says it
    warnings: tuple[str, ...] = ()
    error: str | None = None

    @property
    def cells(self) -> int:
        return len(self.diameters)

    @property
    def median_diameter(self) -> float:
        """Pixels; 0 where there is no cell."""
        return float(np.median(self.diameters)) if self.cells else 0.0

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
    result: Result, seconds: float, tolerance: float | None, passes: str, warnings: tuple[str, ...]
) -> Row:
    """The row of an image that went well."""
    areas = np.bincount(result.labels.ravel())[1:]
    return Row(
        stem=result.stem,
        thumbnail=thumbnail(result),
        height=result.labels.shape[0],
        width=result.labels.shape[1],
        diameters=np.sqrt(4 / np.pi * areas[areas > 0]).astype(np.float32),
        seconds=seconds,
        tolerance=tolerance,
        passes=passes,
        warnings=warnings,
    )


def write_report(run: Run, path: Path) -> None:
    """Writes the page, whole or not at all; pictures and plots are inside it."""
    page = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=f"Segmentation of {counted(len(run.rows), 'image')}",
        when=escape(f"{run.started}, {duration(run.seconds)}"),
        summary=summary(run),
        plots=plots(run),
        head='<th scope="col">' + "".join(f'<th scope="col"><button>{name}</button>' for name in COLUMNS),
        rows="\n".join(table_row(row) for row in run.rows),
        facts=facts(run),
    )
    with whole_file(path) as partial:
        # a file name of bytes that are no UTF-8 is shown with escapes
        partial.write_text(page, encoding="utf-8", errors="backslashreplace")


def summary(run: Run) -> str:
    """The few numbers that one looks for first."""
    measured = sum(row.measured for row in run.rows)
    failed = sum(row.error is not None for row in run.rows)
    late = sum(row.late for row in run.rows)
    warned = sum(bool(row.warnings) for row in run.rows if row.measured)
    numbers = [
        (f"{measured:,}", "images written", False),
        (f"{len(run.rows) - measured - failed:,}", "done before", False),
        (f"{failed:,}", "failed", failed > 0),
        (f"{sum(row.cells for row in run.rows):,}", "cells", False),
        (f"{warned:,}", "with warnings", warned > 0),
        (f"{late:,}", "over tolerance", late > 0),
    ]
    return "".join(f"<div><b{' class=bad' if bad else ''}>{n}</b>{what}</div>" for n, what, bad in numbers)


def plots(run: Run) -> str:
    """Cells per image in the order of the run, and the sizes of all cells."""
    good = [row for row in run.rows if row.measured]
    if not good:
        return ""
    per_image = bars([row.cells for row in good], [row.stem for row in good], "images, in order")
    sizes = histogram(np.concatenate([row.diameters for row in good]), "equivalent diameter, px")
    return (
        f"<figure><figcaption>Cells per image</figcaption>{per_image}</figure>"
        f"<figure><figcaption>Cell sizes</figcaption>{sizes}</figure>"
    )


def table_row(row: Row) -> str:
    """One `<tr>`; `data-v` is what a column is sorted by, and remarks by their gravity."""
    name = f'<td class="name">{escape(row.stem)}'
    remarks = "".join(f"<li>{escape(warning)}" for warning in row.warnings)
    remarks = f"<ul>{remarks}</ul>" if remarks else ""
    if not row.measured:
        empty = '<td data-v="-1">' * len(COLUMNS[1:-1])
        if row.error is not None:
            return f'<tr><td class="pic">{name}{empty}<td class="bad" data-v="2">{escape(row.error)}'
        return f'<tr><td class="pic">{name}{empty}<td data-v="0">{remarks}'
    median = f"{row.median_diameter:.1f}" if row.cells else "–"
    picture = base64.b64encode(row.thumbnail).decode()
    return (
        f'<tr><td class="pic"><img alt="" loading="lazy" src="data:image/jpeg;base64,{picture}">'
        f'{name}<td class="n" data-v="{row.height * row.width}">{row.height} × {row.width}'
        f'<td class="n" data-v="{row.cells}">{row.cells:,}'
        f'<td class="n" data-v="{row.median_diameter:.3f}">{median}'
        f'<td class="n" data-v="{row.seconds:.3f}">{time_taken(row)}'
        f"<td>{escape(row.passes)}"
        f'<td data-v="{int(bool(remarks))}">{remarks}'
    )


def time_taken(row: Row) -> str:
    """Seconds, beside a bar where there is a tolerance."""
    if row.tolerance is None:
        return f"{row.seconds:.2f} s"
    share = min(row.seconds / max(row.tolerance, 1e-9), 1) * 100
    bad = " bad" if row.late else ""
    return (
        f'<span class="{bad.strip()}">{row.seconds:.2f} of {row.tolerance:.1f} s</span>'
        f'<span class="bar{bad}"><i style="width:{share:.0f}%"></i></span>'
    )


def facts(run: Run) -> str:
    """What was run, with what, on what."""
    sections = {
        "Settings": run.settings,
        "Weights": run.weights,
        "Versions": run.versions,
        "Machine": run.machine,
    }
    return "".join(
        f"<section><h2>{title}</h2><dl>"
        + "".join(f"<dt>{escape(name)}<dd>{escape(value)}" for name, value in pairs.items())
        + "</dl></section>"
        for title, pairs in sections.items()
    )


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """As people say it: seconds, or minutes and hours."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
