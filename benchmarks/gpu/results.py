"""What was found beside what was aimed at, on which machine; one JSON and one Markdown table."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

import app
from app.system.files import whole_file
from app.system.machine import cpu_limit, cpu_name


@dataclass(frozen=True)
class Aim:
    """What a figure should come to."""

    text: str = ""
    kept: bool | None = None  # None where there is no aim, or where it doesn't hold for this run


@dataclass(frozen=True)
class Row:
    """One figure."""

    check: str
    what: str
    value: float | str
    unit: str = ""
    aim: Aim = Aim()


def at_least(limit: float, value: float, *, counts: bool = True) -> Aim:
    """`counts` says whether the aim holds for this run."""
    return Aim(f"≥ {limit:g}", value >= limit if counts else None)


def under(limit: float, value: float, *, counts: bool = True) -> Aim:
    """As `at_least`, from the other side."""
    return Aim(f"< {limit:g}", value < limit if counts else None)


def machine(device: torch.device) -> dict[str, str]:
    """What the figures were found on."""
    gpu = torch.cuda.get_device_properties(device) if device.type == "cuda" else None
    return {
        "device": f"{gpu.name}, {gpu.total_memory / 1e9:.0f} GB" if gpu else "CPU",
        "CPU": f"{cpu_name()}, {cpu_limit()} threads",
        "torch": f"{torch.__version__}, CUDA {torch.version.cuda or 'absent'}",
        "Python": platform.python_version(),
        "mediar-box": app.__version__,
    }


def write(folder: Path, device: torch.device, rows: Sequence[Row]) -> None:
    """`folder/gpu.json` and `folder/gpu.md`, each whole or not at all."""
    about = machine(device)
    document = {"machine": about, "rows": [asdict(row) for row in rows]}
    lines = ["; ".join(f"{key}: {value}" for key, value in about.items()), "", table(rows)]
    for name, text in (("gpu.json", json.dumps(document, indent=1)), ("gpu.md", "\n".join(lines))):
        with whole_file(folder / name) as partial:
            partial.write_text(text + "\n", encoding="utf-8")


def table(rows: Sequence[Row]) -> str:
    """Markdown."""
    lines = ["| check | | found | aim | kept |", "|---|---|---|---|---|"]
    for row in rows:
        found = row.value if isinstance(row.value, str) else f"{row.value:.4g} {row.unit}".strip()
        kept = {True: "yes", False: "**no**", None: ""}[row.aim.kept]
        lines.append(f"| {row.check} | {row.what} | {found} | {row.aim.text} | {kept} |")
    return "\n".join(lines)
