"""From what became of a run to one HTML page that opens from the disk, also with a thousand images."""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping
from dataclasses import asdict
from html import escape
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .. import __version__
from ..settings import Job
from ..system import machine
from ..system.files import whole_file
from ..write import page
from .parts import section
from .reportpage import COLUMNS, counted, duration, least_certain, plots, summary, table_row
from .rows import Row, Run, row_of
from .tally import Tally

NAME = "report.html"
PACKAGES = ("numpy", "numba", "openvino", "tifffile", "imagecodecs", "torch")


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
