"""Cells of `app.segment` beside those of the plain reference, on real images.

    python -m benchmarks.agreement --data ../shared/data/cells [--split val] [--images 12]

Both take the published strategy, six passes in float32. Exit status 1 where
fewer were taken, or where the F1 between the two at an IoU of 0.9 is under
0.995 in the mean over the images. Two images without cells agree (F1 = 1).
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import app
from app.cells import track
from app.read import read_image
from app.settings import Tracking
from benchmarks.reference import VIEWS, load_models, predict
from evaluation.matching import match
from training.data import Pair, find_pairs, spread

IOU, LEAST_F1 = 0.9, 0.995


@dataclass(frozen=True)
class Compared:
    """One image, ours beside the reference."""

    pair: Pair
    cells: tuple[int, int]  # ours, reference
    f1: float
    off: float  # largest absolute difference of probability
    passes: int  # ours


def main() -> int:
    """Prints a Markdown table with a line per set, then one per image that is not alike."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.agreement")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--split", default="val")
    parser.add_argument("--images", type=int, default=12)
    parser.add_argument("--weights", default="compact")
    options = parser.parse_args()
    models = load_models(options.weights)

    def compare(pair: Pair) -> Compared:
        image = read_image(pair.image)
        ours = app.segment(image, weights=options.weights, budget="none", scales="1")
        flow, probability = predict(models, image)
        labels = track(flow, probability, Tracking())
        cells = int(ours.labels.max()), int(labels.max())
        f1 = match(labels, ours.labels, iou=IOU, rule="global").f1
        return Compared(pair, cells, f1, float(np.abs(ours.probability - probability).max()), ours.passes)

    found = [compare(pair) for pair in spread(find_pairs(options.data, options.split), options.images)]
    print("| set | images | passes | cells, ours | reference | F1@0.9 | lowest | largest Δ probability |")
    print("|---|---|---|---|---|---|---|---|")
    for name in dict.fromkeys(one.pair.set for one in found):
        print(line(name, [one for one in found if one.pair.set == name]))
    print(line("all", found))
    for one in found:
        if one.f1 < 1:
            print(
                f"{one.pair.set}/{one.pair.id}: F1@0.9 {one.f1:.4f}, {one.cells[0]} and {one.cells[1]} cells"
            )
    alike = np.mean([one.f1 for one in found]) >= LEAST_F1
    return int(not alike or any(one.passes != len(models) * len(VIEWS) for one in found))


def line(name: str, found: list[Compared]) -> str:
    """One row of the table; passes are the fewest of any image."""
    scores = [one.f1 for one in found]
    ours, theirs = (sum(one.cells[i] for one in found) for i in (0, 1))
    return (
        f"| {name} | {len(found)} | {min(one.passes for one in found)} | {ours} | {theirs} "
        f"| {np.mean(scores):.4f} | {min(scores):.4f} | {max(one.off for one in found):.1e} |"
    )


if __name__ == "__main__":
    sys.exit(main())
