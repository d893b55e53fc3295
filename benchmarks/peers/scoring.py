"""Label files of the networks → scores by our evaluation → the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import ReadError
from benchmarks.peers.exchange import Done, Item, read_list
from evaluation.labelfiles import read_labels
from training.judge import Judgement, judge


@dataclass(frozen=True)
class Row:
    """A network and a way of prediction; scores are means of a set's images, then of sets."""

    done: Done
    variant: str
    f1: dict[str, float]  # set → F1 at IoU 0.5, organisers' rule
    mean: float
    f1_90: float  # likewise at IoU 0.9
    map: float  # mean of AP over IoU 0.5, 0.55 … 0.95

    @property
    def name(self) -> str:
        """As the table has it."""
        return f"{self.done.name}, {self.variant}" if self.variant != "labels" else self.done.name


def score(data: Path, out: Path, done: Done) -> list[Row]:
    """The rows of a network, one per variant."""
    items = read_list(data, "val")
    true = [read_labels(item.label(data)).astype(np.int32) for item in items]
    rows = []
    for variant in done.seconds:
        judged = [
            judge(drawn, found(item.found(out, variant), drawn.shape))
            for item, drawn in zip(items, true, strict=True)
        ]
        f1, f1_90, precision = (by_set(items, judged, measure) for measure in ("f1", "f1_90", "map"))
        rows.append(Row(done, variant, f1, mean(f1), mean(f1_90), mean(precision)))
    return rows


def found(path: Path, shape: tuple[int, ...]) -> NDArray[np.int32]:
    """`(H, W)` labels of a network; no cell where its file is missing, damaged or of another size."""
    try:
        labels = read_labels(path)
    except ReadError:
        return np.zeros(shape, np.int32)
    return labels.astype(np.int32) if labels.shape == shape else np.zeros(shape, np.int32)


def by_set(items: Sequence[Item], judged: Sequence[Judgement], measure: str) -> dict[str, float]:
    """Set → mean of its images."""
    scores: dict[str, list[float]] = {}
    for item, one in zip(items, judged, strict=True):
        scores.setdefault(item.set, []).append(getattr(one, measure))
    return {name: float(np.mean(values)) for name, values in scores.items()}


def mean(scores: dict[str, float]) -> float:
    """Sets count alike, however many images they have."""
    return float(np.mean(list(scores.values())))


def table(rows: Sequence[Row]) -> str:
    """Markdown."""
    sets = list(rows[0].f1) if rows else []
    head = [
        "network",
        "parameters",
        "steps × crops",
        "CPU minutes",
        *sets,
        "F1@0.5",
        "F1@0.9",
        "mAP",
        "s per image",
    ]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for row in rows:
        done = row.done
        scores = [*(row.f1[name] for name in sets), row.mean, row.f1_90, row.map]
        cells = [
            row.name,
            f"{done.parameters / 1e6:.1f} M",
            f"{done.steps} × {done.crops}",
            f"{done.minutes:.1f}",
        ]
        cells += [f"{value:.3f}" for value in scores] + [f"{done.seconds[row.variant]:.2f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
