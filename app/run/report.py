"""From what became of a run to one HTML page that opens from the disk, also with a thousand images."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from html import escape
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from ..settings import Job
from ..system import machine
from ..system.files import whole_file
from ..write import Result, page
from ..write.page import Cell
from ..write.plots import bars, histogram
from ..write.thumbnail import thumbnail
from .finish import Finished
from .parts import PartTime, section
from .tally import Tally

NAME = "report.html"
PACKAGES = ("numpy", "numba", "openvino", "tifffile", "imagecodecs", "torch")
LOOKED_AT = 10  # images that a person should look at first
COLUMNS = ("", "Image", "Size (px)", "Cells", "Median Ø (px)", "Score", "Time", "Passes", "Remarks")


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


def write(job: Job, weights: str, tally: Tally, stems: Mapping[Path, str], seconds: float) -> None:
    """Writes `report.html` into the output folder."""
    rows = [row_of(one, one.row) for one in tally.written if one.row is not None]
    write_rows(job, weights, tally, stems, seconds, rows)


def write_rows(
    job: Job, weights: str, tally: Tally, stems: Mapping[Path, str], seconds: float, rows: list[Row]
) -> None:
    """The same, `rows` being those of what was written."""
    rows = [*rows, *(Row(stems[path], warnings=("done before, skipped",)) for path in tally.skipped)]
    rows += [Row(stems[path], error=message) for path, message in tally.failed.items()]
    run = Run(
        rows=tuple(sorted(rows, key=lambda row: row.stem)),
        started=time.strftime("%Y-%m-%d %H:%M", time.localtime(time.time() - seconds)),
        seconds=seconds,
        settings=settings(job),
        weights={job.weights: weights},
        versions={"mediar-box": __version__, "Python": platform.python_version(), **versions()},
        machine={
            "processor": machine.cpu_name(),
            "threads": str(machine.cpu_limit()),
            "memory": f"{machine.memory_limit() / 1e9:.1f} GB",
            "system": platform.platform(terse=True),
        },
    )
    write_report(run, job.output / NAME)


def row_of(finished: Finished, drawn: Row) -> Row:
    """The row as it was drawn, with what was known of its image only at the end."""
    late_news = () if finished.warning is None else (finished.warning,)
    return replace(drawn, seconds=finished.seconds, warnings=(*drawn.warnings, *late_news))


def settings(job: Job) -> dict[str, str]:
    """Everything that shapes a result, by name."""
    values = {key: getattr(job, key) for key in ("budget", "device", "channels", "page", "save")}
    values |= {key: getattr(job, key) for key in ("stack", "workers", "scheduler") if getattr(job, key)}
    for part in ("windows", "tracking"):
        values |= {f"{part}: {key}": value for key, value in asdict(getattr(job, part)).items()}
    return {
        key: ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
        for key, value in values.items()
    }


def versions() -> dict[str, str]:
    """Those of the packages that are installed."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def write_report(run: Run, path: Path) -> None:
    """Writes the page, whole or not at all; pictures and plots are inside it."""
    title = f"Segmentation of {counted(len(run.rows), 'image')}"
    sections = {
        "Settings": run.settings,
        "Weights": run.weights,
        "Versions": run.versions,
        "Machine": run.machine,
    }
    parts = [
        f"<h1>{title}</h1>",
        f'<div class="soft">{escape(f"{run.started}, {duration(run.seconds)}")}</div>',
        summary(run),
        plots(run),
        least_certain(run),
        "<h2>Images</h2>",
        page.sortable(COLUMNS, [table_row(row) for row in run.rows]),
        section([(row.stem, row.parts) for row in run.rows]),
        page.facts(sections),
    ]
    with whole_file(path) as partial:
        # a file name of bytes that are no UTF-8 is shown with escapes
        partial.write_text(page.page(title, parts), encoding="utf-8", errors="backslashreplace")


def summary(run: Run) -> str:
    """The few numbers that one looks for first."""
    measured = sum(row.measured for row in run.rows)
    numbers = {
        "images written": measured,
        "done before": sum(not row.measured and row.error is None for row in run.rows),
        "failed": sum(row.error is not None for row in run.rows),
        "cells": sum(row.cells for row in run.rows),
        "with warnings": sum(bool(row.warnings) for row in run.rows if row.measured),
        "over tolerance": sum(row.late for row in run.rows),
    }
    bad = [what for what in ("failed", "with warnings", "over tolerance") if numbers[what]]
    return page.tiles([(f"{number:,}", what) for what, number in numbers.items()], bad)


def plots(run: Run) -> str:
    """Cells per image in the order of the run, and the sizes of all cells."""
    good = [row for row in run.rows if row.measured]
    if not good:
        return ""
    sizes = np.concatenate([row.diameters for row in good])
    drawings = {
        "Cells per image": bars([row.cells for row in good], [row.stem for row in good], "images, in order"),
        "Cell sizes": histogram(sizes, "equivalent diameter, px"),
    }
    scores = np.concatenate([row.scores for row in good])
    if scores.size:
        drawings["Scores of cells"] = histogram(
            scores, "score, 0 to 1: how sure the result is of a cell", 1.0
        )
    return page.figures(drawings)


def least_certain(run: Run) -> str:
    """Where a person should look first: the images whose cells have the lowest mean score, those first."""
    scored = sorted((row for row in run.rows if row.measured and row.scores.size), key=lambda row: row.score)
    if len(scored) < 2:
        return ""
    inner = "".join(
        f"<figure>{picture(row)}"
        f"<figcaption>{escape(row.stem)}</figcaption>{row.score:.2f}, {counted(row.cells, 'cell')}</figure>"
        for row in scored[:LOOKED_AT]
    )
    return f'<h2>Least certain images</h2><div class="pictures">{inner}</div>'


def table_row(row: Row) -> list[Cell]:
    """The cells of COLUMNS; remarks are sorted by their gravity."""
    name = Cell(escape(row.stem), kind="name")
    remarks = "".join(f"<li>{escape(warning)}</li>" for warning in row.warnings)
    remarks = f"<ul>{remarks}</ul>" if remarks else ""
    if not row.measured:
        last = Cell(remarks, 0) if row.error is None else Cell(escape(row.error), 2, "bad")
        return [Cell(kind="pic"), name, *[Cell(sort=-1)] * len(COLUMNS[2:-1]), last]
    score = Cell(f"{row.score:.2f}" if row.scores.size else "–", row.score, "n")
    median = f"{row.median_diameter:.1f}" if row.cells else "–"
    return [
        Cell(picture(row), kind="pic"),
        name,
        Cell(f"{row.height} × {row.width}", row.height * row.width, "n"),
        Cell(f"{row.cells:,}", row.cells, "n"),
        Cell(median, row.median_diameter, "n"),
        score,
        Cell(time_taken(row), row.seconds, "n"),
        Cell(escape(row.passes)),
        Cell(remarks, int(bool(remarks))),
    ]


def picture(row: Row) -> str:
    """The thumbnail; a click on it opens the overlay."""
    small = page.image(row.thumbnail, "jpeg", "")
    if not row.overlay:
        return small
    return f'<a href="{quote(os.fsencode(row.overlay))}">{small}</a>'


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


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """As people say it: seconds, or minutes and hours."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
