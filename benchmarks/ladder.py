"""What each step of the ladder costs in F1 and gives in time, on images with labels.

    python -m benchmarks.ladder --data ../shared/data/cells --split val --plot docs/pictures/ladder.svg

Each rung runs over the same images in the same process; time is that of the
network alone, as a ratio to the best rung, so that the machine does not matter.
The order of `app.network.clock.ladder` follows this table.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from app.cells import find_cells
from app.network.clock import Clock, Rung
from app.network.engines import choose_device, load_engines
from app.network.inference import Network, Progress
from app.network.scales import AUTO, worth_running
from app.network.weights import find_weights
from app.read import open_image
from app.settings import Merging, Tracking, Windows
from evaluation.matching import match
from training.data import Pair, find_pairs, load_labels

RUNGS = (
    *(
    Rung(overlap, passes, scales)
    for scales in (AUTO, (1.0,))
    for overlap, passes in [
        (0.6, 6), (0.5, 6), (0.25, 6), (0.1, 6),
        (0.25, 4), (0.1, 4),
        (0.25, 2), (0.1, 2),
        (0.25, 1), (0.1, 1),
    ]
    ),
    Rung(0.1, 2, AUTO[1:]),
    Rung(0.1, 1, AUTO[1:]),
)  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """One rung over all images."""

    rung: Rung
    f1: float  # mean over the sets of the mean over their images
    per_set: dict[str, float]
    seconds: float


def measure(network: Network, rung: Rung, pairs: list[Pair]) -> Measured:
    """Runs one rung over all pairs."""
    scores: dict[str, list[float]] = {}
    seconds = 0.0
    for pair in pairs:
        with open_image(pair.image) as source:
            shape = source.info.height, source.info.width
            here = replace(rung, scales=worth_running(rung.scales, shape))
            progress = Progress(here, here.count(shape, network.windows))
            began = time.monotonic()
            bands = network.planned(source, shape, Clock.start(None), progress)
            seconds += time.monotonic() - began
        found = find_cells(bands, shape, Tracking(), Merging())
        scores.setdefault(pair.set, []).append(match(load_labels(pair.label), found.labels).f1)
    per_set = {name: float(np.mean(values)) for name, values in scores.items()}
    return Measured(rung, float(np.mean(list(per_set.values()))), per_set, seconds)


def named(scales: tuple[float, ...]) -> str:
    """`1`, or `1 to 0.125`."""
    return f"{scales[0]:g}" if len(scales) == 1 else f"{scales[0]:g} to {scales[-1]:g}"


def plot(measured: list[Measured], path: Path) -> None:
    """F1 against relative time, one point per rung."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5))
    best = measured[0].seconds
    for one in measured:
        share = one.seconds / best
        axes.plot(share, one.f1, "o", color="#0072b2")
        name = f"{one.rung.passes} × {one.rung.overlap:g}, {named(one.rung.scales)}"
        axes.annotate(name, (share, one.f1), textcoords="offset points", xytext=(5, 3), fontsize=8)
    axes.set_xscale("log")
    axes.set_xlabel("time of the network, relative to 6 passes at overlap 0.6")
    axes.set_ylabel("F1 at IoU 0.5, mean over sets")
    axes.grid(alpha=0.3)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def main() -> None:
    """Prints the table as Markdown."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--split", default="val")
    parser.add_argument("--sets", nargs="+", default=["dsb2018", "bbbc039", "tnbc", "usiigaci"])
    parser.add_argument("--every", type=int, default=1, help="take every N-th image of each set")
    parser.add_argument("--weights", default="compact")
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    pairs = []
    for name in options.sets:
        pairs += [pair for pair in find_pairs(options.data, options.split) if pair.set == name][
            :: options.every
        ]
    engines = load_engines(find_weights(options.weights), choose_device("auto"))
    network = Network(engines, Windows())
    measure(network, RUNGS[-1], pairs[:1])  # warm-up
    measured = [measure(network, rung, pairs) for rung in RUNGS]
    names = list(measured[0].per_set)
    print(f"| passes | overlap | scales | {' | '.join(names)} | mean F1 | time |")
    print("|---|---|---|" + "---|" * (len(names) + 2))
    for one in measured:
        scores = " | ".join(f"{one.per_set[name]:.3f}" for name in names)
        rung = one.rung
        share = one.seconds / measured[0].seconds
        scales = named(rung.scales)
        print(f"| {rung.passes} | {rung.overlap:g} | {scales} | {scores} | {one.f1:.3f} | {share:.3f} |")
    if options.plot:
        plot(measured, options.plot)


if __name__ == "__main__":
    main()
