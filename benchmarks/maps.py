"""What each map of an encoder tells of an image, and what F1 is without the deep ones.

    python -m benchmarks.maps --data ../shared/data/cells compact runs/any1.pt

For each stage, the mean of its map over the places of one image is a vector. The figure
is the mean distance of these vectors from their own mean, over that mean's length, for one
val image of each set (256 × 256 px of it): 0 is a map that says the same of every image.
F1 is that of `training.tuning.verdict` on these images, single model, as the network is and
with its last two maps taken from a gray image of the same size.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from app.network.weights import find_weights
from training.data import Sample, find_pairs
from training.network import load_network
from training.shorten import corner
from training.tuning.examples import load_example
from training.tuning.verdict import verdict

DEEP = 2  # maps


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
    samples = [load_example(pair, partial=False) for pair in first.values()]
    heads = ["weights", "stride 4", "stride 8", "stride 16", "stride 32", "F1", "deep maps of gray"]
    print(f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|")
    for name in chosen.weights:
        for number, member in enumerate(find_weights(name).members, start=1):
            if not member.architecture.whole:
                raise SystemExit(f"{member.file}: has no deep maps; give a network of four stages")
            encoder = load_network(member.file).get_submodule("encoder")
            maps = " | ".join(f"{value:.5f}" for value in apart(encoder, samples))
            f1s = " | ".join(f"{value:.3f}" for value in with_and_without(member.file, samples))
            print(f"| {name} {number} | {maps} | {f1s} |", flush=True)


@torch.no_grad()
def apart(encoder: torch.nn.Module, samples: Sequence[Sample]) -> list[float]:
    """How far images lie apart in each of the encoder's maps: 0 where it says the same of all."""
    maps = encoder(torch.stack([corner(sample) for sample in samples]))
    means = [one.mean((2, 3)) for one in maps]
    return [float((mean - mean.mean(0)).norm(dim=1).mean() / mean.mean(0).norm()) for mean in means]


def with_and_without(weights: Path, samples: Sequence[Sample]) -> tuple[float, float]:
    """F1 as the network is, and with deep maps that don't know the image."""
    model = load_network(weights)
    encoder = model.get_submodule("encoder")
    f1 = verdict(model, model.state_dict(), samples)
    run = encoder.forward

    def of_gray(_encoder: Any, images: tuple[torch.Tensor], maps: list[torch.Tensor]) -> list[torch.Tensor]:
        return [*maps[:-DEEP], *run(torch.full_like(images[0], 0.5))[-DEEP:]]

    encoder.register_forward_hook(of_gray)
    return f1, verdict(model, model.state_dict(), samples)


if __name__ == "__main__":
    main()
