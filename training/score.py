"""Images with labels → scores of every variant of an ensemble, and the tables that show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from app.network import Network
from app.network.engines import Engine
from app.system.tables import write_table
from training.data import Pair, load_image, load_labels
from training.judge import Judgement, f1_by_size, judge
from training.passes import Variant, segment_all

MEASURES = ("f1", "f1_70", "f1_90", "map")  # of a Judgement
GOALS = {  # F1 on the test split that the carried pair is held to: floor, aim
    "dsb2018": (0.88, 0.92),
    "bbbc039": (0.93, 0.96),
    "usiigaci": (0.85, 0.90),
    "tnbc": (0.78, 0.82),
    "mnfinder": (0.85, 0.92),
}


@dataclass(frozen=True)
class Row:
    """One image under one variant."""

    set: str
    id: str
    variant: str
    scores: Judgement


def score(
    engines: Sequence[Engine],
    pairs: Sequence[Pair],
    wanted: Sequence[Variant],
    knows: Network | None = None,
) -> list[Row]:
    """Predicts each pair's image by the path of inference and judges it against its label; see `find_all`."""
    rows = []
    for pair in tqdm(pairs, "images", disable=None):
        true = load_labels(pair.label)
        found = segment_all(engines, load_image(pair.image)[0], wanted, knows)
        rows += [Row(pair.set, pair.id, name, judge(true, labels)) for name, labels in found.items()]
    return rows


def mean_by_set(rows: Sequence[Row], measure: str) -> dict[str, dict[str, float]]:
    """Variant → set → mean over images of `measure` (f1, f1_70, f1_90 or map); '' is the mean over sets."""
    table: dict[str, dict[str, float]] = {}
    for variant in dict.fromkeys(row.variant for row in rows):
        mine = [row for row in rows if row.variant == variant]
        sets = sorted({row.set for row in mine})
        means = {
            name: float(np.mean([getattr(row.scores, measure) for row in mine if row.set == name]))
            for name in sets
        }
        table[variant] = {**means, "": float(np.mean(list(means.values())))}
    return table


def report(rows: Sequence[Row], title: str) -> str:
    """Markdown: the last variant (all models with flips) in full, then all variants."""
    last = rows[-1].variant
    return "\n\n".join(
        [
            f"F1@0.5 by the organisers' rule and mAP, means over images: {last}, {title}.",
            goal_table(rows, last),
            "F1@0.5 of every variant (the paper's Table 4):",
            variant_table(rows, "f1"),
            "mAP of every variant:",
            variant_table(rows, "map"),
            "F1@0.5 by the size of the cells, all images together:",
            size_table(rows),
        ]
    )


def goal_table(rows: Sequence[Row], variant: str) -> str:
    """Markdown: F1 and mAP per set of one variant, beside what it is held to."""
    scores = [mean_by_set(rows, measure)[variant] for measure in MEASURES]
    lines = ["| set | images | F1@0.5 | F1@0.7 | F1@0.9 | mAP | floor | aim |", "|---" * 8 + "|"]
    for name in [n for n in scores[0] if n]:
        images = sum(row.set == name and row.variant == variant for row in rows)
        values = " | ".join(f"{means[name]:.3f}" for means in scores)
        floor, aim = (f"{goal:.2f}" for goal in GOALS[name]) if name in GOALS else ("–", "–")
        lines.append(f"| {name} | {images} | {values} | {floor} | {aim} |")
    values = " | ".join(f"{means['']:.3f}" for means in scores)
    lines.append(f"| mean over sets | {len(rows_of(rows, variant))} | {values} | | |")
    return "\n".join(lines)


def variant_table(rows: Sequence[Row], measure: str) -> str:
    """Markdown: every variant per set, the paper's Table 4 with other numbers."""
    table = mean_by_set(rows, measure)
    sets = [name for name in next(iter(table.values())) if name]
    lines = [f"| | {' | '.join(sets)} | mean over sets |", "|---" * (len(sets) + 2) + "|"]
    for variant, means in table.items():
        values = " | ".join(f"{means[name]:.3f}" for name in [*sets, ""])
        lines.append(f"| {variant} | {values} |")
    return "\n".join(lines)


def size_table(rows: Sequence[Row]) -> str:
    """Markdown: every variant by the size of the cells, all images together."""
    lines: list[str] = []
    for variant in dict.fromkeys(row.variant for row in rows):
        scores = f1_by_size([row.scores for row in rows_of(rows, variant)])
        if not lines:
            lines = [f"| | {' | '.join(scores)} |", "|---" * (len(scores) + 1) + "|"]
        values = " | ".join("–" if f1 is None else f"{f1:.3f}" for f1 in scores.values())
        lines.append(f"| {variant} | {values} |")
    return "\n".join(lines)


def rows_of(rows: Sequence[Row], variant: str) -> list[Row]:
    """The rows of one variant."""
    return [row for row in rows if row.variant == variant]


def write_rows(rows: Sequence[Row], path: Path) -> None:
    """One line per image and variant, as CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = []
    for row in rows:
        numbers = [f"{getattr(row.scores, measure):.4f}" for measure in MEASURES]
        counts = [row.scores.true_cells, row.scores.found_cells]
        lines.append([row.set, row.id, row.variant, *numbers, *counts])
    write_table(path, ["set", "id", "variant", *MEASURES, "true_cells", "found_cells"], lines)
