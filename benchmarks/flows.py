"""Tracking side by side with Cellpose's own dynamics, on the same flows, in one run.

    python -m benchmarks.flows [--sizes 1000,2000] [--alone 4000] [--slide]

`--alone` sizes are tracked by ours only; `--slide` adds 100,000 cells in 10,000 × 10,000 px, in blocks.
"""

from __future__ import annotations

import argparse
import threading
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.cells import track
from app.cells.diffusion import labels_to_flow
from app.flows import compute_masks
from app.settings import Tracking

Field = tuple[NDArray[np.float32], NDArray[np.float32]]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", default="1000,2000", help="sides in px where both are run")
    parser.add_argument("--alone", default="", help="sides in px where only ours is run")
    parser.add_argument("--slide", action="store_true", help="100,000 cells in 10,000 × 10,000 px as well")
    wanted = parser.parse_args()
    print("| side, px | cells | ours, s | peak, B/px | cellpose, s | peak, B/px | times faster | F1@0.9 |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    compute_masks(*field(200, 4))  # compiles, or loads what was compiled
    for side in sizes(wanted.sizes):
        flow, probability = field(side, side * side // 1600)
        ours = measured(partial(compute_masks, flow, probability), side)
        theirs = measured(partial(cellpose_masks, flow, probability), side)
        print(
            f"| {side} | {ours[0].max()} | {ours[1]:.2f} | {ours[2]:.0f} | {theirs[1]:.1f} | {theirs[2]:.0f} "
            f"| {theirs[1] / ours[1]:.0f} | {f1(ours[0], theirs[0]):.4f} |",
            flush=True,
        )
    for side in sizes(wanted.alone):
        flow, probability = field(side, side * side // 1600)
        alone(side, partial(compute_masks, flow, probability))
    if wanted.slide:
        flow, probability = tiled(*field(2000, 4000), 5)
        alone(10_000, partial(track, flow, probability, Tracking()))


def sizes(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part]


def alone(side: int, call: Callable[[], NDArray[np.int32]]) -> None:
    labels, seconds, memory = measured(call, side)
    print(f"| {side} | {labels.max()} | {seconds:.2f} | {memory:.0f} | | | | |", flush=True)


def measured(call: Callable[[], NDArray[np.integer]], side: int) -> tuple[NDArray[np.integer], float, float]:
    """Result, seconds, and the bytes per pixel that the process grew by at its peak."""
    peak, done = 0, threading.Event()
    before = resident()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.005):
            peak = max(peak, resident() - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    begin = time.perf_counter()
    labels = call()
    seconds = time.perf_counter() - begin
    done.set()
    watcher.join()
    return labels, seconds, peak / side**2


def resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def cellpose_masks(flow: NDArray[np.float32], probability: NDArray[np.float32]) -> NDArray[np.int64]:
    from cellpose import dynamics

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dynamics.compute_masks(
            flow, probability, cellprob_threshold=0.5, flow_threshold=0.4, min_size=16, max_size_fraction=0.9
        ).astype(np.int64)


def field(side: int, cells: int, seed: int = 0) -> Field:
    """Flow and probability of `cells` ellipses on a jittered grid, with a tenth of noise."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((side, side), np.int32)
    columns = int(np.ceil(np.sqrt(cells)))
    pitch = side / columns
    for cell in range(cells):
        cy, cx = (np.array(divmod(cell, columns)) + 0.5 + rng.uniform(-0.15, 0.15, 2)) * pitch
        a, b = rng.uniform(0.28, 0.45, 2) * pitch
        reach = int(pitch / 2) + 2
        y0, x0 = max(int(cy) - reach, 0), max(int(cx) - reach, 0)
        y, x = np.ogrid[y0 : min(int(cy) + reach, side), x0 : min(int(cx) + reach, side)]
        angle = rng.uniform(0, np.pi)
        u = (y - cy) * np.cos(angle) + (x - cx) * np.sin(angle)
        v = (x - cx) * np.cos(angle) - (y - cy) * np.sin(angle)
        part = labels[y0 : y0 + len(y), x0 : x0 + x.shape[1]]
        part[((u / a) ** 2 + (v / b) ** 2 <= 1) & (part == 0)] = cell + 1
    flow = 5 * labels_to_flow(labels) + rng.normal(0, 0.5, (2, side, side)).astype(np.float32)
    probability = np.where(labels > 0, 0.9, 0.1) + rng.normal(0, 0.1, labels.shape)
    return flow.astype(np.float32), probability.astype(np.float32)


def tiled(flow: NDArray[np.float32], probability: NDArray[np.float32], times: int) -> Field:
    return np.tile(flow, (1, times, times)), np.tile(probability, (times, times))


def f1(a: NDArray[np.integer], b: NDArray[np.integer], iou: float = 0.9) -> float:
    """F1 of pairs with an IoU over `iou`, by the pairs that meet only: there may be thousands of cells.

    1 where there are no cells at all.
    """
    n, m = np.bincount(a.ravel()), np.bincount(b.ravel())
    pairs, joint = np.unique(a.astype(np.int64) * len(m) + b, return_counts=True)
    i, j = np.divmod(pairs, len(m))
    matched = (i > 0) & (j > 0) & (joint > iou * (n[i] + m[j] - joint))
    cells = int((n[1:] > 0).sum() + (m[1:] > 0).sum())
    return 2 * float(matched.sum()) / cells if cells else 1.0


if __name__ == "__main__":
    main()
