"""A whole process over one slide, beside the plain reference as estimated from a piece of it.

    python -m benchmarks.tolerance --data ../shared/data/cells out/tolerance
    python -m benchmarks.slide out/tolerance/mosaic_8415x10496.tif [--budget challenge] [--piece 1500]

The reference runs one pass over a square from the middle, in this process; its
time for the slide is that per window, times windows, and holds no reading,
tracking or writing, while ours holds all. Windows are those laid, empty ones
and all; of passes that the clock broke off none are counted.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from pathlib import Path

import numpy as np
from monai.data.utils import dense_patch_slices
from numpy.typing import NDArray

from app.read import open_image
from benchmarks import memory
from benchmarks.reference import OVERLAP, SIZE, VIEWS, load_models, one_pass, to_batch

PLAN = re.compile(r"(\d+) of \d+ passes at overlap ([\d.]+)(?: at ([\d.]+) scale)?")  # of our log line


def main() -> None:
    """Prints a Markdown table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.slide")
    parser.add_argument("image", type=Path)
    parser.add_argument("--budget", default="challenge")
    parser.add_argument("--piece", type=int, default=1500, help="side in px of what the reference runs")
    parser.add_argument("--weights", default="compact")
    options = parser.parse_args()
    # ours first: Linux counts what a parent holds at the launch (0.9 GB of imports) as its child's peak
    with tempfile.TemporaryDirectory() as folder:
        seconds, peak, line = memory.run(options.image, Path(folder), options.budget, options.weights)
    plan = PLAN.search(line)
    if plan is None:
        raise SystemExit(f"the process ended otherwise: {line}")

    shape, piece = read_middle(options.image, options.piece)
    models = load_models(options.weights)
    batch = to_batch(piece)
    one_pass(models[0], batch[..., :SIZE, :SIZE], None)  # warm-up
    began = time.perf_counter()
    one_pass(models[0], batch, None)
    window = (time.perf_counter() - began) / count(piece.shape[:2], OVERLAP)
    passes, overlap, scale = int(plan[1]), float(plan[2]), float(plan[3] or 1)
    seen = tuple(int(np.ceil(side * scale)) for side in shape)
    ours = passes * count(seen, overlap)
    published = len(models) * len(VIEWS) * count(shape, OVERLAP)
    print(f"{options.image.name}, {shape[0]} × {shape[1]}: {line}; peak memory {peak / 1e9:.2f} GB\n")
    print("| | windows | s | s per window | times faster |\n|---|---|---|---|---|")
    print(f"| ours, whole process | {ours} | {seconds:.0f} | {seconds / ours:.3f} | |")
    for name, windows in {"same windows": ours, "published, six passes": published}.items():
        print(
            f"| reference, {name} (estimated from a piece) | {windows} | {windows * window:.0f} "
            f"| {window:.3f} | {windows * window / seconds:.1f} |"
        )


def read_middle(path: Path, side: int) -> tuple[tuple[int, int], NDArray[np.float32]]:
    """Height and width of an image, and `(side, side, 3)` in [0, 1] from its middle."""
    with open_image(path) as source:
        shape = source.info.height, source.info.width
        y, x = (max((length - side) // 2, 0) for length in shape)
        rows = source.rows(y, min(y + side, shape[0]))[:, x : x + side]
    return shape, np.divide(rows, 255, dtype=np.float32)


def count(shape: tuple[int, ...], overlap: float) -> int:
    """How many windows MONAI lays over `shape`."""
    padded = [max(side, SIZE) for side in shape]
    interval = int(SIZE * (1 - overlap))
    return len(dense_patch_slices(padded, (SIZE, SIZE), (interval, interval)))


if __name__ == "__main__":
    main()
