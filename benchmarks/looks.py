"""What a look at half the size, and at twice, is worth: who sees an image that nobody knows at its own size.

    python -m benchmarks.looks --data ../shared/data/cells --sets tnbc dsb2018 bbbc039 usiigaci vicar

Per kind and factor, on val at its own size and reduced, as by an objective of
less magnification: how many images are known at their own size, how many only
at half of it, and how many only at twice; then F1 at IoU 0.5 of the last, seen
by who has learned a little of everything, and by who was told. No flips, all
scales.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.network import Network, choose_device, find_weights
from app.network.weights.specialists import AGAIN
from app.read import Pixels
from app.settings import Windows
from benchmarks.scales import Field, resized
from benchmarks.stains import labels
from evaluation.matching import match
from training.data import find_pairs, load_image, load_labels, modality_of

FACTORS = (1.0, 0.7, 0.5, 0.35, 0.25)
SIZES = (1.0, *AGAIN)  # in the order in which a prediction looks
Scores = tuple[float, float]  # F1 by who sees the unknown, and by who is told


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", required=True)
    parser.add_argument("--split", default="val", choices=("train", "val"))
    parser.add_argument("--weights", default="compact")
    options = parser.parse_args()
    network = Network.load(find_weights(options.weights), choose_device("cpu"), Windows(), exact=False)
    known: dict[tuple[str, float], Counter[float | None]] = defaultdict(Counter)
    moved: dict[tuple[str, float], list[Scores]] = defaultdict(list)
    for pair in find_pairs(options.data, options.split):
        if pair.set not in options.sets:
            continue
        image, gray = load_image(pair.image)
        true = load_labels(pair.label)
        for factor in FACTORS:
            field = Field(modality_of(pair, gray), factor, image, true)
            if not field.stands(factor):
                continue
            field, where = resized(field), (field.set, factor)
            size, owner = told(network, field)
            known[where][size] += 1
            if size == AGAIN[-1]:
                one, other = (f1(network, field.image, field.true, who) for who in (rest_of(network), owner))
                moved[where].append((one, other))
    print(
        "| | images | known | at half | at twice | F1 by the rest | F1 by who is told |",
        "|---" * 7 + "|",
        sep="\n",
    )
    for (kind, factor), sizes in sorted(known.items(), key=lambda one: (one[0][0], -one[0][1])):
        print(row(f"{kind} × {factor:g}", sizes, moved[kind, factor]))


def row(name: str, sizes: Counter[float | None], moved: list[Scores]) -> str:
    """A line of the table."""
    counts = " | ".join(str(sizes[size]) for size in SIZES)
    means = " | ".join(f"{mean:.3f}" for mean in np.mean(moved, axis=0)) if moved else " | "
    return f"| {name} | {sizes.total()} | {counts} | {means} |"


def told(network: Network, field: Field) -> tuple[float | None, str]:
    """The first of SIZES at which an image is known, and whose it is there; None and "" where at none."""
    assert network.specialists, "the weights have no specialists"
    image, shape = Pixels(field.image), (field.image.shape[0], field.image.shape[1])
    for size in SIZES:
        owner = network.specialists.learned(network.embedding_at(image, shape, size))
        if owner:
            return size, owner.name
    return None, ""


def rest_of(network: Network) -> str:
    """Who sees what nobody has learned."""
    assert network.specialists, "the weights have no specialists"
    return network.specialists.rest.name if network.specialists.rest else ""


def f1(network: Network, image: NDArray[np.uint8], true: NDArray[np.int32], owner: str) -> float:
    """Of one image, seen by `owner`."""
    return match(true, labels(replace(network, owner=owner), image, 0.0)).f1


if __name__ == "__main__":
    main()
