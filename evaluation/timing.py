"""Time per image as the organisers take it: a fresh process or container for each.

The image is copied into a folder of its own, so its pages are warm as they are for the
organisers; the clock runs from the launch of the command to its exit, start-up and all.
"""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal

from app.errors import ReadError, UsageError
from app.network.clock import tolerance
from app.read import open_image
from evaluation.labelfiles import index_labels, label_shape
from evaluation.process import run_watched
from evaluation.systems import System


@dataclass(frozen=True)
class Timed:
    """One image; sizes are 0 where it can't be read and nothing was run."""

    image: str
    height: int  # px
    width: int
    seconds: float
    tolerance: float  # s
    over: float  # s beyond the tolerance, at least 0
    peak_gb: float | None  # GB (10⁹ bytes); None where it can't be read
    status: Literal["ok", "over", "failed"]
    note: str  # why it failed, in one line


def time_image(path: Path, system: System, keep: Path | None = None) -> Timed:
    """Runs the system on one image alone; its label file is moved to the folder `keep`."""
    try:
        with open_image(path) as image:
            height, width = image.info.height, image.info.width
    except ReadError as error:
        return Timed(path.name, 0, 0, 0, 0, 0, None, "failed", str(error))
    with tempfile.TemporaryDirectory(prefix="timing-", ignore_cleanup_errors=True) as temporary:
        inputs, outputs = Path(temporary) / "inputs", Path(temporary) / "outputs"
        inputs.mkdir()
        outputs.mkdir()
        outputs.chmod(0o777)  # a container may run as any user
        shutil.copyfile(path, inputs / path.name)
        command, meter = system.prepare(inputs, outputs)
        done = run_watched(command, meter)
        note = _check(outputs, path, (height, width))
        if done.status:
            note = f"exit status {done.status}: {done.last_words or 'it wrote nothing'}"
        if keep:
            _keep(outputs, path, keep)
    allowed = tolerance(height, width)
    over = max(done.seconds - allowed, 0.0)
    peak = None if done.peak_bytes is None else done.peak_bytes / 1e9
    status: Literal["ok", "over", "failed"] = "failed" if note else "over" if over else "ok"
    return Timed(path.name, height, width, done.seconds, allowed, over, peak, status, note)


def _find(outputs: Path, image: Path) -> Path | None:
    labels = index_labels(outputs)
    return labels.get(image.name.split(".")[0]) or labels.get(image.stem)


def _check(outputs: Path, image: Path, shape: tuple[int, int]) -> str:
    """Why the output is not right, or nothing."""
    written = _find(outputs, image)
    if written is None:
        return f"no label file: {image.name.split('.')[0]}_label.tiff is expected"
    try:
        met = label_shape(written)
    except ReadError as error:
        return str(error)
    return "" if met == shape else f"{written.name} has shape {met}; the image has {shape}"


def _keep(outputs: Path, image: Path, folder: Path) -> None:
    written = _find(outputs, image)
    if written:
        shutil.copyfile(written, folder / written.name)


TABLE_HEAD = ("image", "height", "width", "MP", "seconds", "allowed", "over", "peak GB", "status")


def table_cells(row: Timed) -> list[str]:
    """The texts of one line under TABLE_HEAD."""
    return [
        row.image,
        str(row.height),
        str(row.width),
        f"{row.height * row.width / 1e6:.2f}",
        f"{row.seconds:.2f}",
        f"{row.tolerance:.1f}",
        f"{row.over:.2f}",
        "" if row.peak_gb is None else f"{row.peak_gb:.2f}",
        row.status,
    ]


def to_csv(rows: Sequence[Timed]) -> str:
    """One line per image, with a header of the field names."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, [field.name for field in fields(Timed)])
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return out.getvalue()


def from_csv(path: Path) -> list[Timed]:
    """Reads back what `to_csv` wrote; raises UsageError on anything else."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [_parse(line) for line in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, KeyError, ValueError, TypeError) as cause:
        raise UsageError(
            f"{path}: can't be read as times ({cause}); give a CSV of the timing command"
        ) from cause


def _parse(line: dict[str, str]) -> Timed:
    status = line["status"]
    if status not in ("ok", "over", "failed"):
        raise ValueError(f"status {status!r}")
    return Timed(
        line["image"],
        int(line["height"]),
        int(line["width"]),
        float(line["seconds"]),
        float(line["tolerance"]),
        float(line["over"]),
        float(line["peak_gb"]) if line["peak_gb"] else None,
        status,  # type: ignore[arg-type]
        line["note"],
    )
