"""What pseudo-labels are worth: a tenth of the labels, the same with a network's labels of the rest, and all.

    python -m benchmarks.pseudo --data ../shared/data/cells [--set dsb2018] [--steps 300]

Three networks from random weights, of one shape, for equal steps on crops of
128 px. The first learns from every tenth image of the train split. Its labels
of the other nine tenths, made as `python -m training pseudo` makes them, are
beside these for the second. The third has all labels as they were drawn. F1 at
IoU 0.5 on the val split, organisers' rule, mean over images, at scale 1.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from app.network.engines import Engine
from training.commands import engines_of
from training.data import Pair, all_pairs, find_pairs, load_samples
from training.fit import fit
from training.passes import Variant, variants
from training.pseudo import Surety, pseudo
from training.score import score
from training.settings import Phase

TENTH = 10
ALONE = Variant("alone", variants(1)[0].keys, (1.0,))


@dataclass(frozen=True)
class Row:
    """One network of the table."""

    name: str
    images: int
    seconds: float  # of training
    f1: float


def phase(steps: int, name: str, sets: dict[str, float]) -> Phase:
    """As the other comparisons of networks (training/phases/ablate.toml); cells of every size are cells."""
    return Phase(
        name=name,
        steps=steps,
        sets=sets,
        crop=128,
        rate=8e-4,
        warmup=20,
        average=0.98,
        zoom=(0.3, 4.0),
        trusted=(0.0, 0.0, 1e9, 1e9),
    )


def learn(phase: Phase, pairs: Sequence[Pair], val: Sequence[Pair], runs: Path) -> tuple[list[Engine], Row]:
    """Trains and scores one network."""
    samples = load_samples(pairs)
    began = time.monotonic()
    engines = engines_of(str(fit(phase, samples, runs)), "cpu")
    seconds = time.monotonic() - began
    rows = score(engines, val, [ALONE])
    f1 = float(np.mean([row.scores.f1 for row in rows]))
    return engines, Row(phase.name, len(pairs), seconds, f1)


def compare(data: Path, name: str, steps: int, most: int, surety: Surety, folder: Path) -> list[Row]:
    """The three rows; `most` bounds the images of the train split, evenly picked."""
    train, val = (
        [pair for pair in find_pairs(data, split) if pair.set == name] for split in ("train", "val")
    )
    train = train[:: max(len(train) // most, 1)]
    few = train[::TENTH]
    rest = [pair.image for pair in train if pair not in few]
    first = phase(steps, "a tenth of the labels", {name: 1.0})
    engines, tenth = learn(first, few, val, folder)
    done = pseudo(engines, rest, folder / "pseudo", surety)
    print(f"{sum(one.kept for one in done)} of {len(done)} images have labels of the first network")
    taught = all_pairs(folder / "pseudo") if any(one.kept for one in done) else []
    sets = {name: 0.5, "pseudo": 0.5} if taught else {name: 1.0}
    second = replace(first, name="and pseudo-labels of the rest", sets=sets)
    _, both = learn(second, [*few, *taught], val, folder)
    _, full = learn(replace(first, name="all labels"), train, val, folder)
    return [tenth, both, full]


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--set", default="dsb2018")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--most", type=int, default=10**6, help="images of the train split")
    parser.add_argument("--score", type=float, default=0.75, help="from which a cell is sure")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = compare(
            options.data, options.set, options.steps, options.most, Surety(options.score), Path(folder)
        )
    print(f"\n| after {options.steps} steps | images | minutes | F1@0.5 |\n|---|---|---|---|")
    for row in rows:
        print(f"| {row.name} | {row.images} | {row.seconds / 60:.1f} | {row.f1:.3f} |")


if __name__ == "__main__":
    main()
