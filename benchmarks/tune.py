"""Minutes against F1: what `python -m training tune` gives on a set that the weights don't know.

    python -m benchmarks.tune --data ../shared/data/cells --set ldc --images 1 3 5 10 --minutes 5
    python -m benchmarks.tune --data ../shared/data/cells --set usiigaci --images 5 \\
        --weights out/leave_out/usiigaci-synthetic.pt --full compact

For each number of images: tunes on so many of the set's train split, then
prints F1@0.5 on its test split (or, where it has none, on train images that
were not learnt from) and on the val split of `--others`, before and after, as a
prediction finds the cells (`training.tuning.verdict`). With `--full`, weights
that know the set, how much of the way to their F1 was gone. Minutes depend on
the machine and on what else it does, so CPU-minutes and steps stand beside
them, and `--steps` ends a run by steps.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from app.network.weights import Weights, find_weights
from training.data import DataError, Pair, Sample, find_pairs, spread
from training.network import load_network
from training.tuning import Tuning, tune
from training.tuning.clock import Clock
from training.tuning.examples import divide, load_example
from training.tuning.verdict import verdict

Judged = dict[str, list[Sample]]


def main() -> None:
    """Prints a Markdown table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of sets")
    parser.add_argument("--set", required=True, help="the set that is learnt, unknown to the weights")
    parser.add_argument("--others", nargs="*", default=["dsb2018"], help="sets that must not be forgotten")
    parser.add_argument("--weights", default="compact", help="to begin with")
    parser.add_argument("--full", help="weights that learnt the set from all of its images, e.g. compact")
    parser.add_argument("--images", nargs="+", type=int, default=[1, 3, 5, 10])
    parser.add_argument("--minutes", nargs="+", type=float, default=[5.0])
    parser.add_argument("--steps", type=int, help="end a run after so many, whatever the minutes")
    parser.add_argument("--judged", type=int, default=15, help="images of each set that are judged")
    parser.add_argument("--keep-encoder", action="store_true", help="train decoder and heads only")
    chosen = parser.parse_args()

    train = [pair for pair in find_pairs(chosen.data, "train") if pair.set == chosen.set]
    judged = choose_judges(chosen, train)
    weights = find_weights(chosen.weights)
    names = [f"{name} ({len(samples)})" for name, samples in judged.items()]
    heads = ["images", "minutes", "CPU-minutes", "steps", *names, *(["of the way"] if chosen.full else [])]
    print(f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|", flush=True)

    before = best(weights, judged, "none")
    full = best(find_weights(chosen.full), judged, "full training") if chosen.full else None
    for minutes in chosen.minutes:
        for count in chosen.images:
            tuning = Tuning(minutes, steps=chosen.steps, encoder=not chosen.keep_encoder)
            with tempfile.TemporaryDirectory() as folder:
                clock, cpu = Clock(tuning), time.process_time()
                done = tune(
                    divide(load(spread(train, count))),
                    weights,
                    Path(folder) / "tuned.safetensors",
                    tuning,
                    clock,
                )
                cpu = time.process_time() - cpu
                after = scores(done.file, judged)
            cells = [f"{count}", f"{done.seconds / 60:.1f}", f"{cpu / 60:.1f}", f"{done.steps}"]
            way = "" if full is None else f" {(after[0] - before[0]) / (full[0] - before[0]):.2f} |"
            print(f"| {' | '.join(cells)} | {shown(after)} |{way}", flush=True)


def choose_judges(chosen: argparse.Namespace, train: list[Pair]) -> Judged:
    """Images of the set that no run learns from, and val images of the others."""
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
    return judged


def load(pairs: list[Pair]) -> list[Sample]:
    return [load_example(pair, partial=False) for pair in pairs]


def best(weights: Weights, judged: Judged, name: str) -> list[float]:
    """F1 on each set of that model of `weights` that is best on the first; a row for each model."""
    found = []
    for number, member in enumerate(weights.members, start=1):
        found.append(scores(member.file, judged))
        print(f"| {name} (model {number}) | | | | {shown(found[-1])} |", flush=True)
    return max(found)


def scores(file: Path, judged: Judged) -> list[float]:
    """F1 on each set."""
    model = load_network(file)
    return [verdict(model, model.state_dict(), samples) for samples in judged.values()]


def shown(f1s: list[float]) -> str:
    """Cells of a row."""
    return " | ".join(f"{f1:.3f}" for f1 in f1s)


if __name__ == "__main__":
    main()
