"""F1 on a kind of image that training never saw, with synthetic images beside the real ones and without.

    python -m training synthesise -o out/bank --images 400          # no --data: it borrows nothing
    python -m benchmarks.leave_out --data ../shared/data/cells --bank out/bank

One short base learns nuclei (`BASE`) from random weights, real images only.
From it two trainings of equal steps go on for each of `KINDS`, on all other
sets of training/phases/any1.toml: real images alone, and with `SHARE` of the
crops synthetic. Judged are images of the kind, of all splits, since no training
saw any: single model, no flips, all scales merged and scale 1 alone.
`--kinds usiigaci+tnbc` leaves two kinds out at once.

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
from training.data import DataError, Pair, find_pairs, load_samples, spread
from training.fit import fit
from training.passes import Variant, variants
from training.score import score, write_rows
from training.settings import Phase
from training.synthetic.writing import SET as BANK

KINDS = {
    "usiigaci": ("usiigaci",),
    "tnbc": ("tnbc",),
    "bacteria": ("bacteria", "colicoords", "ecoli_phase"),
    "cell_app": ("cell_app", "vicar"),
}
BASE = ("dsb2018", "bbbc039", "mnfinder")
SHARE = 0.45  # of the crops, of the bank
ARMS = ("real", "synthetic")
ALONE = variants(1)[0]  # one model, no flips, all scales
WANTED = (ALONE, Variant("scale 1", ALONE.keys, (1.0,)))


def main() -> None:
    """Trains, judges and prints a Markdown table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of sets")
    parser.add_argument("--bank", type=Path, required=True, help="what `synthesise -o` wrote")
    parser.add_argument("--runs", type=Path, default=Path("out/leave_out"), help="checkpoints and scores")
    parser.add_argument(
        "--kinds", nargs="+", default=list(KINDS), help="left out, one run of each arm for each"
    )
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=ARMS)
    parser.add_argument("--base-steps", type=int, default=400)
    parser.add_argument("--steps", type=int, default=220, help="of each training that goes on from the base")
    parser.add_argument("--most", type=int, default=30, help="images of a real set that are learnt from")
    parser.add_argument("--judged", type=int, default=8, help="images of a kind")
    chosen = parser.parse_args()

    like = Phase.load(Path("training/phases/any1.toml"))
    like = replace(like, crop=128, target_diameter=(4.0, 90.0), rate=8e-4, warmup=20, save_every=50)
    real = {name: share for name, share in like.sets.items() if name != BANK}
    base = replace(like, name="base", start="", steps=chosen.base_steps, sets=only(real, BASE))
    named = {name.split("/")[0] for name in real}
    train = [pair for pair in find_pairs(chosen.data, "train") if pair.set in named]
    samples = load_samples(
        [pair for name in sorted(named) for pair in spread(of(train, [name]), chosen.most)]
        + of(find_pairs(chosen.bank, "train"), [BANK])
    )
    every = [pair for split in ("train", "val", "test") for pair in find_pairs(chosen.data, split)]

    start = fit(base, samples, chosen.runs)
    print(f"| left out | images | base |{''.join(f' {arm} |' for arm in chosen.arms)} the same at scale 1 |")
    print("|---" * (4 + len(chosen.arms)) + "|")
    for kind in chosen.kinds:
        out = [name for part in kind.split("+") for name in KINDS[part]]
        judged = spread(of(every, out), chosen.judged)
        found = [judge_once(start, judged, chosen.runs / f"{kind}-base-{base.steps}-f1.csv")]
        for arm in chosen.arms:
            sets = mixed(without(real, out), SHARE if arm == "synthetic" else 0.0)
            phase = replace(like, name=f"{kind}-{arm}", start="base", steps=chosen.steps, batch=4, sets=sets)
            weights = fit(phase, [s for s in samples if s.pair.set not in out], chosen.runs)
            found.append(judge_once(weights, judged, chosen.runs / f"{phase.name}-{phase.steps}-f1.csv"))
        merged, alone = ([one[variant.name] for one in found] for variant in WANTED)
        print(
            f"| {kind} | {len(judged)} | {cells(merged)} | {' → '.join(f'{f1:.3f}' for f1 in alone)} |",
            flush=True,
        )


def of(pairs: Sequence[Pair], sets: Sequence[str]) -> list[Pair]:
    """The pairs of these sets."""
    return [pair for pair in pairs if pair.set in sets]


def only(shares: Mapping[str, float], sets: Sequence[str]) -> dict[str, float]:
    """The shares of these sets; of "dsb2018/rgb", too, where dsb2018 is one."""
    return {name: share for name, share in shares.items() if name.split("/")[0] in sets}


def without(shares: Mapping[str, float], sets: Sequence[str]) -> dict[str, float]:
    """The shares of all other sets."""
    return {name: share for name, share in shares.items() if name.split("/")[0] not in sets}


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


def cells(f1s: Sequence[float]) -> str:
    """Cells of a table."""
    return " | ".join(f"{f1:.3f}" for f1 in f1s)


if __name__ == "__main__":
    main()
