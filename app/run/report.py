"""From what became of a run to its HTML page."""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .. import __version__
from ..settings import Job
from ..system import machine
from ..write.report import Row, Run, write_report
from .finish import Finished
from .tally import Tally

NAME = "report.html"
PACKAGES = ("numpy", "numba", "openvino", "tifffile", "imagecodecs", "torch")


def write(job: Job, weights: str, tally: Tally, stems: Mapping[Path, str], seconds: float) -> None:
    """Writes `report.html` into the output folder."""
    rows = [row_of(one, one.row) for one in tally.written if one.row is not None]
    rows += [Row(stems[path], warnings=("done before, skipped",)) for path in tally.skipped]
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
