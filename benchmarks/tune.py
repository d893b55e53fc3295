"""Minutes against F1: what `python -m training tune` gives on a set that the weights don't know.

    python -m benchmarks.tune --data ../shared/data/cells --set ldc --images 1 3 5 10 --minutes 5

For each number of images: tunes on so many of the set's train split, then
prints F1@0.5 on its test split (or, where it has none, on train images that
were not learnt from) and on the val split of `--others`, before and after, each
image at the scale at which its cells are found (`training.tuning.verdict`). The
steps are printed because minutes depend on the machine and on what else it does.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from app.network.weights import find_weights
from training.data import DataError, Pair, Sample, find_pairs, spread
from training.network import load_network
from training.tuning import Tuning, tune
from training.tuning.clock import Clock
from training.tuning.examples import Examples, divide, load_example
from training.tuning.verdict import verdict


def main() -> None:
    """Prints a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of sets")
    parser.add_argument("--set", required=True, help="the set that is learnt, unknown to the weights")
    parser.add_argument("--others", nargs="*", default=["dsb2018"], help="sets that must not be forgotten")
    parser.add_argument("--weights", default="compact")
    parser.add_argument("--images", nargs="+", type=int, default=[1, 3, 5, 10])
    parser.add_argument("--minutes", nargs="+", type=float, default=[5.0])
    parser.add_argument("--judged", type=int, default=15, help="images of each set that are judged")
    parser.add_argument("--keep-encoder", action="store_true", help="train decoder and heads only")
    chosen = parser.parse_args()

    train = [pair for pair in find_pairs(chosen.data, "train") if pair.set == chosen.set]
    taught = spread(train, max(chosen.images))
    try:
        unseen = [pair for pair in find_pairs(chosen.data, "test") if pair.set == chosen.set]
    except DataError:
        unseen = []
    unseen = unseen or [pair for pair in train if pair not in taught]
    judged = {chosen.set: load(spread(unseen, chosen.judged))}
    for name in chosen.others:
        of_name = [pair for pair in find_pairs(chosen.data, "val") if pair.set == name]
        judged[name] = load(spread(of_name, chosen.judged))

    weights = find_weights(chosen.weights)
    print("| images | minutes | steps |", *(f"{name} ({len(judged[name])}) |" for name in judged))
    print("|---" * (3 + len(judged)) + "|")
    for number, member in enumerate(weights.members, start=1):
        show(f"none (model {number})", "", "", scores(member.file, judged))
    for minutes in chosen.minutes:
        for count in chosen.images:
            tuning = Tuning(minutes, encoder=not chosen.keep_encoder)
            with tempfile.TemporaryDirectory() as folder:
                clock = Clock(tuning)
                examples: Examples = divide(load(spread(train, count)))
                done = tune(examples, weights, Path(folder) / "tuned.safetensors", tuning, clock)
                show(str(count), f"{done.seconds / 60:.1f}", str(done.steps), scores(done.file, judged))


def load(pairs: list[Pair]) -> list[Sample]:
    return [load_example(pair, partial=False) for pair in pairs]


def scores(file: Path, judged: dict[str, list[Sample]]) -> list[float]:
    """F1 on each set."""
    model = load_network(file)
    return [verdict(model, model.state_dict(), samples) for samples in judged.values()]


def show(images: str, minutes: str, steps: str, f1s: list[float]) -> None:
    """A row of the table."""
    print(f"| {images} | {minutes} | {steps} |", *(f"{f1:.3f} |" for f1 in f1s), flush=True)


if __name__ == "__main__":
    main()
