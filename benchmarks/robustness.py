"""kill -9 at random moments, and a long folder with flat memory.

    python -m benchmarks.robustness kill --rounds 100      # 20 images each time: all whole in the end
    python -m benchmarks.robustness soak --images 500      # memory after the 20th and the last image

Both use real processes of `python -m app predict` with the weights that are
given. Exit status 1 where a round ended otherwise.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import tifffile

from app.write.labels import read_labels


def make_images(folder: Path, count: int) -> None:
    """Small images with bright discs; quick for the network, so that kills hit every part of a run."""
    folder.mkdir(parents=True)
    y, x = np.mgrid[:96, :96]
    for i in range(count):
        rng = np.random.default_rng(i)
        image = rng.normal(30, 5, (96, 96))
        for cy, cx in rng.uniform(10, 86, (6, 2)):
            image[(y - cy) ** 2 + (x - cx) ** 2 < 64] += 150
        tifffile.imwrite(folder / f"image{i:03d}.tif", image.clip(0, 255).astype(np.uint8))


def command(folder: Path, weights: str) -> list[str]:
    """The main job over `folder/in`."""
    flags = ["-i", str(folder / "in"), "-o", str(folder / "out"), "--weights", weights, "--budget", "20"]
    return [sys.executable, "-m", "app", "predict", *flags]


def kill_round(folder: Path, weights: str, rng: random.Random) -> int:
    """Kills runs at random moments until one ends by itself; returns how many were killed."""
    kills = 0
    shutil.rmtree(folder / "out", ignore_errors=True)
    while True:
        process = subprocess.Popen(
            command(folder, weights), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            process.wait(rng.uniform(0.3, 4.0) if kills < 3 else None)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
            continue
        if process.returncode:
            raise SystemExit(f"the last run ended with {process.returncode}")
        return kills


def kill(rounds: int, weights: str) -> None:
    """Prints a line per ten rounds, and what was found in the end."""
    rng = random.Random(0)
    kills = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_images(folder / "in", 20)
        for i in range(rounds):
            kills += kill_round(folder, weights, rng)
            found = sorted((folder / "out").iterdir())
            if [path.name for path in found] != [f"image{k:03d}_label.tiff" for k in range(20)]:
                raise SystemExit(f"round {i}: {[path.name for path in found]}")
            for path in found:
                read_labels(path)
            if (i + 1) % 10 == 0 or i + 1 == rounds:
                print(
                    f"{i + 1} rounds, {kills} kills: 20 whole labels each time, nothing left over", flush=True
                )


def soak(images: int, weights: str) -> None:
    """Prints the resident memory as labels appear."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_images(folder / "in", images)
        process = subprocess.Popen(
            command(folder, weights), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert process.stdout is not None
        sizes = {}
        for done, _ in enumerate(process.stdout, 1):
            if done in (20, images // 2, images):
                status = Path(f"/proc/{process.pid}/status").read_text()
                sizes[done] = int(status.split("VmRSS:")[1].split()[0]) / 1024
                print(f"after {done} images: {sizes[done]:.0f} MiB", flush=True)
        if process.wait() or len(sizes) < 3:
            raise SystemExit(f"the run ended with {process.returncode}")
        if sizes[images] > 1.1 * sizes[20]:
            raise SystemExit("memory grew by more than a tenth")


def main() -> None:
    """Runs one of the two."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.robustness")
    parser.add_argument("what", choices=["kill", "soak"])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--weights", default="compact")
    options = parser.parse_args()
    began = time.monotonic()
    if options.what == "kill":
        kill(options.rounds, options.weights)
    else:
        soak(options.images, options.weights)
    print(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
