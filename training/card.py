"""The parts of the model card that come from runs: phases, data, hardware, scores."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path

from app.errors import UsageError
from training.export import training_sets
from training.log import read_log
from training.settings import Phase


def card(phases: Sequence[Phase], runs: Path, data: Path, scores: Path) -> str:
    """Markdown for weights/README.md; `scores` is the file that `score` wrote. Raises UsageError."""
    if not scores.is_file():
        raise UsageError(f"{scores}: no such file; run `python -m training score` first")
    parts = [
        "## How it was trained",
        phase_table(phases, runs),
        f"Hardware: {hardware()}.",
        "## Data",
        data_table(data),
        "## Scores",
        scores.read_text().strip(),
    ]
    return "\n\n".join(parts) + "\n"


def phase_table(phases: Sequence[Phase], runs: Path) -> str:
    """Markdown: each phase with its seed, its wall time and the losses at its end, read off its log."""
    head = "| phase | begins with | steps | batch | crop | peak rate | seed | minutes | BCE | ½ MSE |"
    lines = [head, "|---" * 10 + "|"]
    for p in phases:
        rows = read_log(runs / f"{p.name}.csv")
        end = rows[-5:]  # 100 steps
        bce, mse = (sum(float(row[key]) for row in end) / len(end) for key in ("bce", "half_mse"))
        batch = f"{p.batch} + 1 replayed" if p.replay else str(p.batch)
        settings = f"{rows[-1]['step']} | {batch} | {p.crop} px | {p.rate:g} | {p.seed}"
        minutes = wall_time([float(row["seconds"]) for row in rows]) / 60
        lines.append(
            f"| {p.name} | {p.start or 'random'} | {settings} | {minutes:.0f} | {bce:.3f} | {mse:.3f} |"
        )
    return "\n".join(lines)


def wall_time(seconds: Sequence[float]) -> float:
    """Seconds of a whole run; a log whose clock was set back by a resumption is added up in parts."""
    parts = [a for a, b in zip(seconds, [*seconds[1:], 0.0], strict=True) if b < a]
    return sum(parts)


def data_table(data: Path) -> str:
    """Markdown: images of the train split per set, licence and citation."""
    lines = ["| set | images | licence | citation |", "|---|---|---|---|"]
    lines += [
        f"| {entry['set']} | {entry['images']} | {entry['licence']} | {entry['citation']} |"
        for entry in training_sets(data)
    ]
    return "\n".join(lines)


def hardware() -> str:
    """The CPU of this machine in words."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        names = [
            line.split(":")[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line
        ]
        model = names[0] if names else model
    return f"{os.cpu_count()} cores of {model}"
