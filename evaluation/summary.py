"""From rows to the tables that people read: one line per set, one CSV line per image."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.matching import Match
from evaluation.measures import AP_RANGE, average_precision
from evaluation.scores import Row

Column = Callable[[Row], float]


def _at(iou: float, pick: Callable[[Match], float]) -> Column:
    return lambda row: pick(row.measures.at(iou))


# the organisers' script rounds each image's score to four digits and averages what it rounded
ORGANISERS: dict[str, Column] = {
    "f1": lambda row: round4(row.organisers.f1),
    "precision": lambda row: round4(row.organisers.precision),
    "recall": lambda row: round4(row.organisers.recall),
    "dice": lambda row: round4(row.measures.dice),
}
ORGANISERS_COUNTS: dict[str, Column] = {
    "true_num": lambda row: row.organisers.tp + row.organisers.fn,
    "pred_num": lambda row: row.organisers.tp + row.organisers.fp,
    "tp": lambda row: row.organisers.tp,
    "fp": lambda row: row.organisers.fp,
    "fn": lambda row: row.organisers.fn,
}
WHOLE: dict[str, Column] = {
    "global_f1": lambda row: row.whole.f1,
    "global_precision": lambda row: row.whole.precision,
    "global_recall": lambda row: row.whole.recall,
}
WHOLE_COUNTS: dict[str, Column] = {
    "global_tp": lambda row: row.whole.tp,
    "global_fp": lambda row: row.whole.fp,
    "global_fn": lambda row: row.whole.fn,
}
MORE: dict[str, Column] = {
    "pq": lambda row: row.measures.panoptic,
    "sq": lambda row: row.measures.segmentation,
    "rq": lambda row: row.measures.recognition,
    "kaggle_map": lambda row: row.measures.kaggle,
    "foreground_iou": lambda row: row.measures.foreground_iou,
    **{f"precision_{iou:.2f}": _at(iou, lambda match: match.precision) for iou in (0.25, 0.5, 0.75)},
    **{f"recall_{iou:.2f}": _at(iou, lambda match: match.recall) for iou in (0.25, 0.5, 0.75)},
    **{f"ap_{iou:.2f}": _at(iou, average_precision) for iou in AP_RANGE},
    **{f"f1_{iou:.2f}": _at(iou, lambda match: match.f1) for iou in AP_RANGE},
}
MISTAKES: dict[str, Column] = {
    "split": lambda row: row.measures.split,
    "merged": lambda row: row.measures.merged,
    "missed": lambda row: row.measures.missed,
    "invented": lambda row: row.measures.invented,
}
SCORES = {**ORGANISERS, **WHOLE, **MORE}
COUNTS = {**ORGANISERS_COUNTS, **WHOLE_COUNTS, **MISTAKES}


@dataclass(frozen=True)
class Summary:
    """One set, or all: means and medians over every image, lost ones included with their 0."""

    name: str
    rows: tuple[Row, ...]

    @property
    def lost(self) -> int:
        """Images whose prediction is missing or failed."""
        return sum(row.status != "ok" for row in self.rows)

    def values(self, column: str) -> list[float]:
        """One of SCORES for every image."""
        return [SCORES[column](row) for row in self.rows]

    def mean(self, column: str) -> float:
        """Mean of one of SCORES."""
        return float(np.mean(self.values(column)))

    def median(self, column: str) -> float:
        """Median of one of SCORES."""
        return float(np.median(self.values(column)))

    def total(self, column: str) -> int:
        """Sum of one of COUNTS."""
        return int(sum(COUNTS[column](row) for row in self.rows))


def summarise(rows: Sequence[Row]) -> list[Summary]:
    """One summary per set in the order met, and one of all where there are several sets."""
    sets: dict[str, list[Row]] = {}
    for row in rows:
        sets.setdefault(row.case.set, []).append(row)
    summaries = [Summary(name, tuple(group)) for name, group in sets.items()]
    return summaries if len(sets) == 1 else [*summaries, Summary("all", tuple(rows))]


TABLE_HEAD = (
    "set", "images", "lost", "cells", "F1 mean", "F1 median", "precision", "recall", "Dice",
    "global F1", "median", "AP 0.5", "PQ", "mAP", "split", "merged", "missed", "invented",
)  # fmt: skip


def table_cells(summary: Summary) -> list[str]:
    """The texts of one line under TABLE_HEAD."""
    scores = [
        summary.mean("f1"),
        summary.median("f1"),
        *(summary.mean(name) for name in ("precision", "recall", "dice", "global_f1")),
        summary.median("global_f1"),
        *(summary.mean(name) for name in ("ap_0.50", "pq", "kaggle_map")),
    ]
    cells = sum(row.true_cells for row in summary.rows)
    return [
        summary.name,
        *(str(number) for number in (len(summary.rows), summary.lost, cells)),
        *(f"{value:.4f}" for value in scores),
        *(str(summary.total(name)) for name in MISTAKES),
    ]


def plain_table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Columns aligned by spaces, the first to the left and numbers to the right."""
    widths = [max(len(line[i]) for line in (head, *lines)) for i in range(len(head))]
    return "\n".join(
        "  ".join(
            text.ljust(width) if i == 0 else text.rjust(width)
            for i, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in (head, *lines)
    )


def to_csv(rows: Sequence[Row]) -> str:
    """One line per image with every score and count; UTF-8 text with a header."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["set", "image", "status", "height", "width", *SCORES, *COUNTS, "note"])
    for row in rows:
        writer.writerow(
            [row.case.set, row.case.image, row.status, *row.shape]
            + [f"{column(row):.6g}" for column in SCORES.values()]
            + [int(column(row)) for column in COUNTS.values()]
            + [row.note]
        )
    return out.getvalue()


def round4(value: float) -> float:
    """Four digits, by NumPy's rounding as the organisers' script does."""
    return float(np.round(value, 4))
