"""Trained checkpoints to the carried weights: half precision, index entry, model card."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.errors import UsageError
from app.network.architecture import Architecture
from app.network.weights import Weights, save_compact
from app.network.weights.states import read_shapes, read_state


def export(
    checkpoints: Sequence[Path],
    data: Path,
    scores: Mapping[str, float],
    folder: Path,
    name: str = "compact",
) -> Weights:
    """Writes `checkpoints` as the weights `name` into `folder`; returns them as a prediction finds them.

    The entry carries licence and origin of each set of `data` that has images
    in the train split. Raises WeightsError where the checkpoints are no
    MEDIAR-Formers of one architecture.
    """
    shapes = [read_shapes(checkpoint) for checkpoint in checkpoints]
    architectures = {Architecture.from_shapes(shape) for shape in shapes}
    if len(architectures) != 1:
        raise UsageError(f"{', '.join(map(str, checkpoints))}: not of one architecture; export them apart")
    states = {f"{name}-{i}": read_state(checkpoint) for i, checkpoint in enumerate(checkpoints, start=1)}
    card = {
        "licence": "MIT",
        "made_by": [checkpoint.stem for checkpoint in checkpoints],
        "training_data": training_sets(data),
        "scores": dict(scores),
    }
    return save_compact(states, architectures.pop(), card, name=name, folder=folder)


def training_sets(data: Path) -> list[dict[str, object]]:
    """Each set with images in the train split; licence and citation as its SOURCE.md states them."""
    try:
        with (data / "splits.csv").open(newline="") as file:
            counts = Counter(row["set"] for row in csv.DictReader(file) if row["split"] == "train")
        return [
            {
                "set": name,
                "images": count,
                "licence": stated(data / name / "SOURCE.md", "licence"),
                "citation": stated(data / name / "SOURCE.md", "citation"),
            }
            for name, count in sorted(counts.items())
        ]
    except OSError as cause:
        raise UsageError(f"{data}: {cause.strerror}: {cause.filename}; a model card needs it") from cause


def stated(source: Path, what: str) -> str:
    """The value of the first line `- ...what: value` of a SOURCE.md."""
    for line in source.read_text().splitlines():
        key, colon, value = line.partition(": ")
        if colon and line.startswith("- ") and what in key:
            return value.strip()
    raise UsageError(f"{source}: states no {what}; weights can't be published without it")
