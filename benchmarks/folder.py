"""A folder of real images in one process: ours with and without the clock, and the plain reference.

    python -m benchmarks.folder --data ../shared/data/cells [--split val] [--images 50] [--every N]

Whole processes from launch to exit. `--every N` spares the reference all but
every N-th image; ours runs the whole folder and then that same smaller one,
and ratios are given for runs over the same folder only.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from training.data import Pair, find_pairs, spread

OURS = {
    "ours, `--budget none --scales 1`": [
        *("app", "predict", "--device", "cpu", "--quiet", "--budget", "none", "--scales", "1")
    ],
    "ours, default clock, `--scales 1`": ["app", "predict", "--device", "cpu", "--quiet", "--scales", "1"],
}
REFERENCE = {"plain reference": ["benchmarks.reference"]}


def main() -> None:
    """Prints a Markdown table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.folder")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--split", default="val")
    parser.add_argument("--images", type=int, default=50)
    parser.add_argument("--every", type=int, default=1, help="the reference takes every N-th image only")
    parser.add_argument("--weights", default="compact")
    options = parser.parse_args()
    pairs = spread(find_pairs(options.data, options.split), options.images)
    same = pairs[:: options.every]
    for command in [*REFERENCE.values(), *OURS.values()]:
        run(command, pairs[:1], options.weights)  # so that no process has to fetch libraries from the disk
    print("| process | images | s | s per image | × reference on the same images |\n|---|---|---|---|---|")
    if len(same) < len(pairs):
        for name, command in OURS.items():
            seconds = run(command, pairs, options.weights)
            print(row(name, len(pairs), seconds, "–"), flush=True)
    base = 0.0
    for name, command in {**REFERENCE, **OURS}.items():
        seconds = run(command, same, options.weights)
        base = base or seconds
        print(row(name, len(same), seconds, f"{base / seconds:.1f}"), flush=True)


def run(command: list[str], pairs: list[Pair], weights: str) -> float:
    """Seconds of one fresh process over a folder of links to the images."""
    with tempfile.TemporaryDirectory() as name:
        inputs, outputs = Path(name) / "in", Path(name) / "out"
        inputs.mkdir()
        for pair in pairs:
            (inputs / f"{pair.set}_{pair.image.name}").symlink_to(pair.image.resolve())
        line = [sys.executable, "-m", *command, "-i", str(inputs), "-o", str(outputs), "--weights", weights]
        began = time.perf_counter()
        subprocess.run(line, check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - began
        assert len(list(outputs.glob("*_label.tiff"))) == len(pairs)
    return seconds


def row(name: str, images: int, seconds: float, ratio: str) -> str:
    """One line of the table."""
    return f"| {name} | {images} | {seconds:.1f} | {seconds / images:.2f} | {ratio} |"


if __name__ == "__main__":
    main()
