"""What each step of the ladder costs in F1 and gives in time, on images with labels.

    python -m benchmarks.ladder --data ../shared/data/cells --plot docs/pictures/ladder.svg
    python -m benchmarks.ladder --data ../shared/data/cells --write      # weights/ladder.json

Time is the number of windows, as a ratio to the first step's: it is what plans count
in, and the machine does not matter. `--views 1` leaves out the steps with flips, which
take most of the time.
Sets of fewer than `LEAST` images are shown and not in the mean. A step that a cheaper
one makes superfluous is no rung (`front`).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from app.cells import find_cells
from app.network import Network, Progress, choose_device, find_weights
from app.network.clock import Clock
from app.network.ladder import FILE, Step, of_kind
from app.network.scales import AUTO, worth_running
from app.read import open_image
from app.settings import Merging, Tracking, Windows
from app.system.files import whole_file
from evaluation.matching import match
from training.data import Pair, find_pairs, load_labels, spread

STEPS = (
    *(Step(overlap, 3, 3) for overlap in (0.6, 0.5, 0.25, 0.1)),
    *(Step(overlap, views, 1) for views in (3, 2, 1) for overlap in (0.25, 0.1)),
    Step(0.25, 1, 1, "one"),
    Step(0.1, 1, 1, "one"),
    *(
        Step(0.1, 1, 1, models, kind)
        for kind in ("undoubled", "native", "coarse")
        for models in ("all", "one")
    ),
)
WORTH = 0.001  # of F1, that a dearer step has to gain where it sees no more
CLEAR = 0.003  # of F1, by which a cheaper step that sees less has to be better
LEAST = 3  # images of a set in the mean: one cell of two is half of the F1 of its image


@dataclass(frozen=True)
class Measured:
    """One rung over all images."""

    step: Step
    f1: float  # mean over the sets (of LEAST images and more) of the mean over their images
    per_set: dict[str, float]
    windows: int  # in all images together


def measure(network: Network, step: Step, pairs: Sequence[Pair]) -> Measured:
    """Runs one step over all pairs."""
    scores: dict[str, list[float]] = {}
    windows = 0
    for pair in pairs:
        with open_image(pair.image) as source:
            shape = source.info.height, source.info.width
            rung = step.rung(len(network.engines), worth_running(AUTO, shape))
            progress = Progress(rung, rung.count(shape, network.windows))
            windows += progress.windows
            bands = network.planned(source, shape, Clock.start(None), progress)
        found = find_cells(bands, shape, Tracking(), Merging())
        scores.setdefault(pair.set, []).append(match(load_labels(pair.label), found.labels).f1)
    per_set = {name: float(np.mean(values)) for name, values in scores.items()}
    counted = [per_set[name] for name, values in scores.items() if len(values) >= LEAST]
    return Measured(step, float(np.mean(counted or list(per_set.values()))), per_set, windows)


def front(measured: Sequence[Measured]) -> list[Measured]:
    """From dearest to cheapest, the steps that no cheaper one makes superfluous.

    One that sees as many models and scales at as much overlap does where it is as good, up to
    WORTH; one that sees less has to be better by CLEAR, since these images hold few cells of
    odd sizes, and few windows, so that seams are few.
    """
    kept: list[Measured] = []
    for one in sorted(measured, key=lambda one: one.windows):
        if all(
            one.f1 >= other.f1 + (WORTH if sees_no_less(other.step, one.step) else -CLEAR) for other in kept
        ):
            kept.append(one)
    return kept[::-1]


def sees_no_less(step: Step, than: Step) -> bool:
    """Whether `step` has the models, the scales and the overlap that `than` has, whatever their flips."""
    models = step.models == than.models or step.models == "all"
    return (
        models
        and step.overlap >= than.overlap
        and set(of_kind(step.scales, AUTO)) >= set(of_kind(than.scales, AUTO))
    )


def write(kept: Sequence[Measured], first: int, encoder: str, path: Path) -> None:
    """Puts the steps into `path` as the ladder of `encoder`; times become parts of `first`, windows."""
    known = json.loads(path.read_text()) if path.is_file() else {}
    steps = [replace(one.step, f1=round(one.f1, 3), time=round(one.windows / first, 3)) for one in kept]
    ladders = {**known, encoder: [asdict(step) for step in steps]}
    lines = [
        f'  "{name}": [\n' + ",\n".join(f"    {json.dumps(step)}" for step in mine) + "\n  ]"
        for name, mine in ladders.items()
    ]
    with whole_file(path) as partial:
        partial.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def words(one: Measured) -> tuple[str, str, str, str]:
    """Models, views, overlap and scales of a row."""
    step = one.step
    views = f"{step.views}" if step.beside == step.views else f"{step.views}, {step.beside}"
    return step.models, views, f"{step.overlap:g}", step.scales


def plot(measured: list[Measured], path: Path) -> None:
    """F1 against relative time, one point per rung."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5))
    best = measured[0].windows
    for one in measured:
        share = one.windows / best
        axes.plot(share, one.f1, "o", color="#0072b2")
        name = "; ".join(words(one))
        axes.annotate(name, (share, one.f1), textcoords="offset points", xytext=(5, 3), fontsize=8)
    axes.set_xscale("log")
    axes.set_xlabel("windows, relative to the first step")
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
    parser.add_argument("--per-set", type=int, default=8, help="images of each set")
    parser.add_argument("--views", type=int, default=3, help="most views of a step at scale 1")
    parser.add_argument("--weights", default="compact")
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--write", action="store_true", help="into the ladder beside the weights")
    options = parser.parse_args()
    found = find_pairs(options.data, options.split)
    pairs = []
    for name in dict.fromkeys(pair.set for pair in found):
        mine = [pair for pair in found if pair.set == name]
        pairs += spread(mine, min(options.per_set, len(mine)))
    weights = find_weights(options.weights)
    network = Network.load(weights, choose_device("auto"), Windows(), exact=False)
    measure(network, STEPS[-1], pairs[:1])  # warm-up
    measured = [measure(network, step, pairs) for step in STEPS if step.views <= options.views]
    kept = front(measured)
    names = list(measured[0].per_set)
    print(f"{len(pairs)} images of {options.split}\n")
    print(f"| models | views | overlap | scales | {' | '.join(names)} | mean F1 | time | |")
    print("|---|---|---|---|" + "---|" * (len(names) + 3))
    for one in measured:
        scores = " | ".join(f"{one.per_set[name]:.3f}" for name in names)
        share, note = one.windows / measured[0].windows, "rung" if one in kept else ""
        print(f"| {' | '.join(words(one))} | {scores} | {one.f1:.3f} | {share:.3f} | {note} |")
    if options.plot:
        plot(measured, options.plot)
    if options.write:
        first = weights.members[0]
        write(kept, measured[0].windows, first.architecture.encoder, first.file.parent / FILE)


if __name__ == "__main__":
    main()
