"""One slide on one worker and on two, of one thread each: seconds, memory, the same labels.

    python -m benchmarks.cluster [--data ../shared/data/cells] [--image SLIDE]

The slide is a mosaic of 6000 × 7000 px of real images (`benchmarks.tolerance`), or
of synthetic ones where there are none. Scheduler and workers are processes
that are there before the clock starts, each worker on a core of its own; the
seconds are those of the process that a user starts, from its start to its end,
and the memory is the most that each process had in RAM, files in memory included.
The plan is the first step of the carried ladder (both models, overlap 0.25, all
scales), whatever the clock says.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from benchmarks.memory import cells_tile
from benchmarks.tolerance import mosaic, pictures

SHAPE = 6000, 7000  # px
CARRIED = Path(__file__).resolve().parents[1] / "weights"
BUDGET = "10000"  # s; any, since the ladder has one step
ON_CORE = """
import os, sys
os.sched_setaffinity(0, {int(sys.argv[1])})
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""


@dataclass(frozen=True)
class Told:
    """One run."""

    seconds: float
    peaks: dict[str, float]  # GB by process
    labels: str  # sha256 of the label file
    lines: list[str]


def write_mosaic(path: Path, data: Path) -> None:
    """A tiled, compressed TIFF of SHAPE."""
    images = [pixels for _, _, pixels in pictures(data)] if data.is_dir() else synthetic()
    tifffile.imwrite(path, mosaic(images, *SHAPE), tile=(512, 512), compression="zlib", photometric="rgb")


def synthetic() -> list[NDArray[np.uint8]]:
    """Where no real images are."""
    return [np.repeat(cells_tile(seed)[..., None], 3, axis=2) for seed in range(8)]


def one_step(folder: Path, **changes: object) -> Path:
    """The carried weights with the first step of their ladder alone, changed."""
    shutil.copytree(CARRIED, folder)
    file = folder / "ladder.json"
    ladders = json.loads(file.read_text())
    file.write_text(json.dumps({name: [steps[0] | changes] for name, steps in ladders.items()}))
    return folder


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """A scheduler and so many workers; they are ended with the block."""
    told = folder / f"scheduler{workers}.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    here = ["--host", "127.0.0.1", "--no-dashboard"]
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler", *here, "--port", "0"]
    processes = {"scheduler": subprocess.Popen([*dask, "--scheduler-file", told], **quiet)}  # type: ignore[call-overload]
    cores = sorted(os.sched_getaffinity(0))
    for number in range(workers):
        flags = [*here, "--nthreads", "1", "--no-nanny", "--memory-limit", "4GB", "--scheduler-file", told]
        command = [sys.executable, "-c", ON_CORE, str(cores[number % len(cores)])]
        processes[f"worker {number + 1}"] = subprocess.Popen(
            [*command, "-m", "distributed.cli.dask_worker", *flags], **quiet
        )  # type: ignore[call-overload]
    try:
        yield processes
    finally:
        for process in processes.values():
            process.kill()
            process.wait()


def address(folder: Path, workers: int) -> str:
    """Of a scheduler, once all its workers are there."""
    from distributed import Client

    told = folder / f"scheduler{workers}.json"
    end = time.monotonic() + 60
    while not told.exists() and time.monotonic() < end:
        time.sleep(0.1)
    found: str = json.loads(told.read_text())["address"]
    with Client(found, set_as_default=False) as client:
        client.wait_for_workers(workers, timeout=60)
    return found


def peak(process: int) -> float:
    """The most that a process had in RAM, GB (proc_pid_status(5): VmHWM); 0 where it is gone."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e9 if "VmHWM:" in status else 0.0


def run(image: Path, folder: Path, weights: Path, workers: int) -> Told:
    """The slide on so many workers."""
    out = folder / f"out{workers}"
    with ExitStack() as stack:
        processes = stack.enter_context(cluster(folder, workers))
        flags = ["--weights", str(weights), "--budget", BUDGET]
        command = [sys.executable, "-m", "app", "predict", "-i", str(image), "-o", str(out), *flags]
        command += ["--scheduler", address(folder, workers)]
        log = stack.enter_context((folder / f"log{workers}").open("w+"))
        began, most = time.monotonic(), 0.0
        client = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
        while client.poll() is None:
            most = max(most, peak(client.pid))
            time.sleep(0.1)
        seconds = time.monotonic() - began
        log.seek(0)
        lines = log.read().splitlines()
        if client.returncode:
            raise SystemExit("\n".join(lines))
        peaks = {"client": most} | {name: peak(process.pid) for name, process in processes.items()}
    (label,) = out.glob("*.tiff")
    told = [line for line in lines if " cells, " in line or " parts, " in line]
    return Told(seconds, peaks, hashlib.sha256(label.read_bytes()).hexdigest(), told)


def main() -> None:
    """Prints a Markdown table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster")
    parser.add_argument("--data", type=Path, default=Path("../shared/data/cells"))
    parser.add_argument("--image", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        weights = one_step(folder / "compact")
        image = options.image or folder / "mosaic.tif"
        if options.image is None:
            write_mosaic(image, options.data)
        runs = {workers: run(image, folder, weights, workers) for workers in (1, 2)}
    print("| workers | s | peak memory, GB |\n|---|---|---|")
    for workers, told in runs.items():
        peaks = ", ".join(f"{process} {gigabytes:.2f}" for process, gigabytes in told.peaks.items())
        print(f"| {workers} | {told.seconds:.1f} | {peaks} |")
    print(f"\n{runs[1].seconds / runs[2].seconds:.2f} times as fast on two; the same labels: ", end="")
    print("yes" if runs[1].labels == runs[2].labels else "no")
    print("\n".join(line for told in runs.values() for line in told.lines))


if __name__ == "__main__":
    main()
