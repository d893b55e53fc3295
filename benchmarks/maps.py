"""What each map of an encoder tells of an image: how far images lie apart in it.

    python -m benchmarks.maps --data ../shared/data/cells compact runs/any1.pt

For each stage, the mean of its map over the places of one image is a vector. The figure
is the mean distance of these vectors from their own mean, over that mean's length, for one
val image of each set (256 × 256 px of it): 0 is a map that says the same of every image.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from app.network.weights import find_weights
from training.data import Pair, find_pairs, load_image
from training.network import load_network

SIDE = 256  # px


def main() -> None:
    """Prints a Markdown table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.maps",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of sets")
    parser.add_argument("weights", nargs="+", help="names or files")
    chosen = parser.parse_args()
    first = {pair.set: pair for pair in reversed(find_pairs(chosen.data, "val"))}
    images = torch.stack([corner(pair) for pair in first.values()])
    print("| weights | stride 4 | stride 8 | stride 16 | stride 32 |\n" + "|---" * 5 + "|")
    for name in chosen.weights:
        for number, member in enumerate(find_weights(name).members, start=1):
            found = " | ".join(f"{value:.5f}" for value in apart(member.file, images))
            print(f"| {name} {number} | {found} |", flush=True)


def corner(pair: Pair) -> torch.Tensor:
    """`(3, SIDE, SIDE)` in [0, 1], with nothing where the image is smaller."""
    image = load_image(pair.image)[0][:SIDE, :SIDE]
    padded = np.pad(image, ((0, SIDE - image.shape[0]), (0, SIDE - image.shape[1]), (0, 0)))
    return torch.from_numpy(padded.transpose(2, 0, 1).astype(np.float32) / 255)


@torch.no_grad()
def apart(weights: Path, images: torch.Tensor) -> list[float]:
    """Of each of the four maps."""
    encoder = load_network(weights).get_submodule("encoder")
    means = [one.mean((2, 3)) for one in encoder(images)[-4:]]
    return [float((mean - mean.mean(0)).norm(dim=1).mean() / mean.mean(0).norm()) for mean in means]


if __name__ == "__main__":
    main()
