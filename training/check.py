"""Data as they were drawn → which masks are broken, set by set, and labels without the faults."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
from tqdm import tqdm

from app.system.tables import write_table
from training.data import Pair, load_labels
from training.relabel import write_labels
from training.repair import Faults, mend

KINDS = tuple(field.name for field in fields(Faults))


@dataclass(frozen=True)
class Checked:
    """What was found in one label."""

    pair: Pair
    cells: int
    faults: Faults


def check(pairs: Sequence[Pair], folder: Path | None = None) -> list[Checked]:
    """Looks through every label; mended ones go to `folder/<set>/labels/<id>.tiff`, where one is given.

    `folder/checked.csv` lists what was found in each image. The labels
    themselves are left as they are.
    """
    done = []
    for pair in tqdm(pairs, "labels", disable=None):
        labels = load_labels(pair.label)
        mended, faults = mend(labels)
        done.append(Checked(pair, len(np.unique(labels[labels > 0])), faults))
        if folder is not None and not np.array_equal(mended, labels):
            write_labels(mended, folder / pair.set / "labels" / f"{pair.id}.tiff")
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        rows = ([one.pair.set, one.pair.id, one.cells, *astuple(one.faults)] for one in done)
        write_table(folder / "checked.csv", ["set", "id", "cells", *KINDS], rows)
    return done


def report(done: Sequence[Checked]) -> str:
    """Markdown: a row per set with its faults of each kind, and how many images have any."""
    sets: dict[str, list[Checked]] = defaultdict(list)
    for one in done:
        sets[one.pair.set].append(one)
    lines = [f"| set | images | cells | {' | '.join(KINDS)} | images with any |", "|---" * 8 + "|"]
    for name, mine in [*sorted(sets.items()), ("all", list(done))]:
        faults = sum((one.faults for one in mine), Faults())
        numbers = [len(mine), sum(one.cells for one in mine), *astuple(faults), sum(map(broken, mine))]
        lines.append(f"| {name} | {' | '.join(map(str, numbers))} |")
    return "\n".join(lines)


def broken(one: Checked) -> bool:
    """Whether anything was found in it."""
    return bool(one.faults)
