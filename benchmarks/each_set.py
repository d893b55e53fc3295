"""What each small set gives to the others: F1 on val after training without it.

    python -m training synthesise -o out/bank --images 1000 --seed 31       # no --data: it borrows nothing
    python -m benchmarks.each_set --data ../shared/data/cells --bank out/bank

A short base learns from all sets but `SETS`, from random weights. From it trainings
of equal steps go on: with every set of training/phases/any1.toml, twice, by two seeds,
whose difference tells what is noise, and without one of `SETS` each. Judged is val:
single model, no flips, all scales. A run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from app.system.tables import read_table
from benchmarks.leave_out import ALONE, judge_once, without
from training.data import DataError, Pair, Sample, find_pairs, load_samples, spread
from training.fit import fit
from training.sampling import set_of
from training.settings import Phase
from training.synthetic.writing import SET as BANK

SETS = ("mnfinder", "cell_app", "microglia", "ldc", "chula_rbc", "ecoli_phase", "colicoords")
EVERY = ("every set", "every set, another seed")


def main() -> None:
    """Trains, judges and prints a Markdown table."""
    chosen = options()
    like = Phase.load(Path("training/phases/any1.toml"))
    like = replace(like, crop=128, target_diameter=(4.0, 90.0), warmup=20, save_every=50)
    samples = load(chosen, like.sets)
    judged = few_of_each(find_pairs(chosen.data, "val"), chosen.judged)
    columns = sorted({pair.set for pair in judged})

    old = without(like.sets, SETS)
    base = replace(like, name="base", start="", rate=8e-4, steps=chosen.base_steps, sets=old)
    start = fit(base, of(samples, old), chosen.runs)
    print("| trained with | " + " | ".join(columns) + " | mean |\n" + "|---" * (len(columns) + 2) + "|")
    for number, arm in enumerate((*EVERY, *SETS)):
        sets = like.sets if arm in EVERY else without(like.sets, [arm])
        seed = like.seed + (arm == EVERY[1])
        phase = replace(
            like, name=f"arm-{number}", start=str(start.absolute()), steps=chosen.steps, sets=sets, seed=seed
        )
        weights = fit(phase, of(samples, sets), chosen.runs)
        table = chosen.runs / f"{phase.name}-{phase.steps}-f1.csv"
        judge_once(weights, judged, table)
        found = f1_of_sets(table)
        cells = [f"{found[name]:.3f}" for name in columns]
        name = arm if arm in EVERY else f"all but {arm}"
        print(f"| {name} | {' | '.join(cells)} | {np.mean(list(found.values())):.3f} |", flush=True)


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of sets")
    parser.add_argument("--bank", type=Path, required=True, help="what `synthesise -o` wrote")
    parser.add_argument("--runs", type=Path, default=Path("out/each_set"), help="checkpoints and scores")
    parser.add_argument("--base-steps", type=int, default=1200)
    parser.add_argument("--steps", type=int, default=600, help="of each training that goes on from the base")
    parser.add_argument("--most", type=int, default=40, help="images of a set that are learnt from")
    parser.add_argument("--judged", type=int, default=8, help="images of a set on val")
    return parser.parse_args()


def load(chosen: argparse.Namespace, sets: Mapping[str, float]) -> list[Sample]:
    """`--most` images of each set, and the bank."""
    names = {set_of(name) for name in sets} - {BANK}
    train = [pair for pair in find_pairs(chosen.data, "train") if pair.set in names]
    bank = [pair for pair in find_pairs(chosen.bank, "train") if pair.set == BANK]
    return load_samples(few_of_each(train, chosen.most) + bank)


def few_of_each(pairs: Sequence[Pair], most: int) -> list[Pair]:
    """At most this many of each set, spread over it."""
    names = sorted({pair.set for pair in pairs})
    return [pair for name in names for pair in spread([one for one in pairs if one.set == name], most)]


def of(samples: Sequence[Sample], sets: Mapping[str, float]) -> list[Sample]:
    """The samples of these sets."""
    names = {set_of(name) for name in sets}
    return [sample for sample in samples if sample.pair.set in names]


def f1_of_sets(table: Path) -> dict[str, float]:
    """Set → mean F1 over its images, all scales merged."""
    rows = [row for row in read_table(table, DataError, "delete it") if row["variant"] == ALONE.name]
    return {
        name: float(np.mean([float(row["f1"]) for row in rows if row["set"] == name]))
        for name in sorted({row["set"] for row in rows})
    }


if __name__ == "__main__":
    main()
