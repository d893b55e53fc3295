"""Time and peak memory of matching 100,000 cells a side in 10,000 × 10,000 pixels.

`python -m benchmarks.matching` (or the file itself) prints a line per rule, labels included in
the peak; exit status 1 where one needs more than 30 s or 2 GB.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time

import numpy as np
from numpy.typing import NDArray

SIDE = 10_000  # px
PITCH = 31  # px between cells: 322 × 322 = 103,684 of them
RADIUS = 13  # px
SECONDS, GIGABYTES = 30, 2


def disks(shift: int) -> NDArray[np.int32]:
    """Disks on a grid, moved by up to `shift` px each; ids in random order."""
    rng = np.random.default_rng(shift)
    labels = np.zeros((SIDE, SIDE), np.int32)
    y, x = np.ogrid[-RADIUS : RADIUS + 1, -RADIUS : RADIUS + 1]
    disk = y * y + x * x <= RADIUS * RADIUS
    rows = SIDE // PITCH
    ids = rng.permutation(rows * rows).reshape(rows, rows) + 1
    moves = rng.integers(0, shift + 1, (rows, rows, 2))
    for i in range(rows):
        for j in range(rows):
            top, left = i * PITCH + moves[i, j, 0], j * PITCH + moves[i, j, 1]
            piece = labels[top : top + disk.shape[0], left : left + disk.shape[1]]
            piece[disk[: piece.shape[0], : piece.shape[1]]] = ids[i, j]
    return labels


def run(rule: str) -> tuple[str, float, float, int]:
    """Rule, seconds, GB and true positives; to be called in a process of its own."""
    from evaluation.matching import match

    true, pred = disks(2), disks(4)
    start = time.perf_counter()
    found = match(true, pred, rule=rule)  # type: ignore[arg-type]
    seconds = time.perf_counter() - start
    return rule, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, found.tp


def main() -> int:
    """Runs each rule in a fresh process, so that peaks don't add up."""
    within = True
    for rule in ("global", "organisers"):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            _, seconds, gigabytes, tp = pool.apply(run, (rule,))
        print(f"{rule}: {seconds:.1f} s, {gigabytes:.2f} GB peak, {tp} cells matched")
        within &= seconds < SECONDS and gigabytes < GIGABYTES
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
