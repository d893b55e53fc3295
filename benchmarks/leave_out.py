"""F1 on kinds of image that training never saw, with synthetic images beside the real ones and without.

    python -m training synthesise -o out/bank --images 400          # no --data: it borrows nothing
    python -m benchmarks.leave_out --data ../shared/data/cells --bank out/bank

One short base learns nuclei (`BASE`) from random weights, real images only.
From it two trainings of equal steps go on for each of `KINDS`, on all other
sets of training/phases/any1.toml: real images alone, and with `SHARE` of the
crops synthetic. Judged are images of the kind, of all splits, since no training
saw any: single model, no flips, all scales merged and scale 1 alone.

`--start FILE` takes weights in the place of the base, `--kinds` sets that these
never saw; kinds with a + between them are left out at once, by two trainings:

    git show dfa884c:weights/compact-1.safetensors > out/first.safetensors
    python -m benchmarks.leave_out --data ../shared/data/cells --bank out/bank \\
        --start out/first.safetensors --kinds ldc+chula_rbc+cell_app+colicoords

A run that was stopped goes on where it was; what is judged is kept in --runs.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from app.network.engines import choose_device, load_engines
from app.network.weights import find_weights
from app.system.tables import read_table
from training.data import DataError, Pair, Sample, find_pairs, load_samples, spread
from training.fit import fit
from training.passes import Variant, variants
from training.sampling import set_of
from training.score import score, write_rows
from training.settings import Phase
from training.synthetic.writing import SET as BANK

KINDS = {  # any set is a kind of its own, too
    "bacteria": ("bacteria", "colicoords", "ecoli_phase"),
    "culture": ("cell_app", "vicar"),
}
BASE = ("dsb2018", "bbbc039", "mnfinder")
SHARE = 0.45  # of the crops, of the bank
ARMS = ("real", "synthetic")
ALONE = variants(1)[0]  # one model, no flips, all scales
WANTED = (ALONE, Variant("scale 1", ALONE.keys, (1.0,)))


def main() -> None:
    """Trains, judges and prints a Markdown table."""
    chosen = options()
    like = Phase.load(Path("training/phases/any1.toml"))
    like = replace(like, crop=128, target_diameter=(4.0, 90.0), warmup=20, save_every=50)
    real = {name: share for name, share in like.sets.items() if name != BANK}
    samples = load(chosen, real)
    every = [pair for split in ("train", "val", "test") for pair in find_pairs(chosen.data, split)]

    start = chosen.start
    if start is None:
        sets = only(real, BASE)
        base = replace(like, name="base", start="", rate=8e-4, steps=chosen.base_steps, sets=sets)
        start = fit(base, samples, chosen.runs)
    print(
        "| never seen | images | start | real | with synthetic | the same at scale 1 |\n" + "|---" * 6 + "|"
    )
    for together in chosen.kinds:
        models = {"start": start}
        for arm in ARMS:
            sets = mixed(without(real, left_out(together)), SHARE if arm == "synthetic" else 0.0)
            phase = replace(
                like, name=f"{together}-{arm}", start=str(start.absolute()), steps=chosen.steps, sets=sets
            )
            trained = [sample for sample in samples if sample.pair.set not in left_out(together)]
            models[f"{arm}-{phase.steps}"] = fit(phase, trained, chosen.runs)
        for kind in together.split("+"):
            judged = spread([pair for pair in every if pair.set in left_out(kind)], chosen.judged)
            found = [
                judge_once(weights, judged, chosen.runs / f"{together}-{name}-{kind}-f1.csv")
                for name, weights in models.items()
            ]
            merged, alone = ([f"{one[variant.name]:.3f}" for one in found] for variant in WANTED)
            print(f"| {kind} | {len(judged)} | {' | '.join(merged)} | {' → '.join(alone)} |", flush=True)


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of sets")
    parser.add_argument("--bank", type=Path, required=True, help="what `synthesise -o` wrote")
    parser.add_argument("--runs", type=Path, default=Path("out/leave_out"), help="checkpoints and scores")
    parser.add_argument("--kinds", nargs="+", default=["usiigaci", "tnbc", *KINDS], help="never seen")
    parser.add_argument("--start", type=Path, help="weights that never saw the kinds (a base is trained)")
    parser.add_argument("--base-steps", type=int, default=1500)
    parser.add_argument("--steps", type=int, default=600, help="of each training that goes on from the start")
    parser.add_argument("--most", type=int, default=30, help="images of a real set that are learnt from")
    parser.add_argument("--judged", type=int, default=8, help="images of a kind")
    return parser.parse_args()


def left_out(kinds: str) -> list[str]:
    """`a+b` → their sets."""
    return [name for kind in kinds.split("+") for name in KINDS.get(kind, (kind,))]


def load(chosen: argparse.Namespace, real: Mapping[str, float]) -> list[Sample]:
    """`--most` images of each set that any training needs, and the bank."""
    never = set.intersection(*(set(left_out(kinds)) for kinds in chosen.kinds))
    train = find_pairs(chosen.data, "train")
    pairs = [pair for pair in find_pairs(chosen.bank, "train") if pair.set == BANK]
    for name in sorted({set_of(name) for name in real} - never):
        pairs += spread([pair for pair in train if pair.set == name], chosen.most)
    return load_samples(pairs)


def only(shares: Mapping[str, float], sets: Sequence[str]) -> dict[str, float]:
    """The shares of these sets; of "dsb2018/rgb", too, where dsb2018 is one."""
    return {name: share for name, share in shares.items() if set_of(name) in sets}


def without(shares: Mapping[str, float], sets: Sequence[str]) -> dict[str, float]:
    """The shares of all other sets."""
    return {name: share for name, share in shares.items() if set_of(name) not in sets}


def mixed(real: Mapping[str, float], share: float) -> dict[str, float]:
    """`share` of the bank beside real sets, whose shares keep their ratios."""
    whole = sum(real.values())
    shares = {name: (1 - share) * each / whole for name, each in real.items()}
    return shares | ({BANK: share} if share else {})


def judge_once(weights: Path, pairs: Sequence[Pair], table: Path) -> dict[str, float]:
    """Variant → mean F1 over `pairs`; what `table` holds already is not judged again."""
    if not table.is_file():
        engines = load_engines(find_weights(str(weights)), choose_device("auto"))
        write_rows(score(engines, pairs, WANTED), table)
    rows = read_table(table, DataError, "delete it to judge anew")
    return {
        variant.name: float(np.mean([float(row["f1"]) for row in rows if row["variant"] == variant.name]))
        for variant in WANTED
    }


if __name__ == "__main__":
    main()
