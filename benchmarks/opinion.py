"""Images that who has learned a little of everything takes over from the specialist of their look.

    python -m benchmarks.opinion --data ../shared/data/cells --split val
    python -m training synthesise -o out/bank --images 240 --seed 19001 \
        --looks cytoplasm two_stains levels membrane nuclei crowded
    python -m benchmarks.opinion --data out/bank --split train

Per set, or per look of synthetic images: how many are a specialist's by their
look, how many of them go over (app/network/opinion.py), and F1 at IoU 0.5 of
these as their look has it and as they are seen then. No flips, all scales.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np

from app.network import Network, choose_device, find_weights
from app.network.stains import find_strength
from app.read import Pixels
from app.settings import Windows
from benchmarks.looks import f1, rest_of
from training.data import Pair, find_pairs, load_image, load_labels
from training.synthetic.drawing import LOOKS

Scores = tuple[float, float]  # F1 as the look has it, and after the second opinion


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--split", default="val", choices=("train", "val"))
    parser.add_argument("--weights", default="compact")
    options = parser.parse_args()
    network = Network.load(find_weights(options.weights), choose_device("cpu"), Windows(), exact=False)
    owned: dict[str, int] = defaultdict(int)
    moved: dict[str, list[Scores]] = defaultdict(list)
    for pair in find_pairs(options.data, options.split):
        by_look, told = owners(network, pair)
        if by_look in ("", rest_of(network)):
            continue
        owned[kind(pair)] += 1
        if told != by_look:
            image, true = load_image(pair.image)[0], load_labels(pair.label)
            moved[kind(pair)].append((f1(network, image, true, by_look), f1(network, image, true, told)))
    print("| | images of a specialist | go over | F1 by look | F1 then |\n|---|---|---|---|---|")
    for name in sorted(owned):
        print(row(name, owned[name], moved[name]))
    print(row("all", sum(owned.values()), [scores for each in moved.values() for scores in each]))


def row(name: str, owned: int, moved: list[Scores]) -> str:
    """A line of the table."""
    means = " | ".join(f"{mean:.3f}" for mean in np.mean(moved, axis=0)) if moved else " | "
    return f"| {name} | {owned} | {len(moved)} | {means} |"


def kind(pair: Pair) -> str:
    """The set, or the look of a synthetic image."""
    return next((look for look in LOOKS if pair.id.endswith(f"_{look}")), pair.set)


def owners(network: Network, pair: Pair) -> tuple[str, str]:
    """Whose an image is by its look, and who sees it."""
    image = load_image(pair.image)[0]
    rows, shape = Pixels(image), (image.shape[0], image.shape[1])
    in_dab = find_strength(rows, shape) > 0
    _, by_look = network.by_look(rows, shape, in_dab)
    return by_look.name if by_look else "", network.recognise(rows, shape, in_dab)[1]


if __name__ == "__main__":
    main()
