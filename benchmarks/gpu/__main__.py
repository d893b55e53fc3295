"""The command: checks in their order, files written after each, exit status 1 where an aim was missed."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

import benchmarks.gpu
from app.cells import warm_up
from app.errors import MediarError, UsageError
from app.network import choose_device
from app.system.files import make_folder
from benchmarks.gpu.checks import agreement, start, tracking
from benchmarks.gpu.networks import official, slide, windows
from benchmarks.gpu.results import Aim, Row, table, write
from benchmarks.gpu.settings import TINY, Bench, Sizes

CHECKS: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "start": start,
    "agreement": agreement,
    "windows": windows,
    "official": official,
    "tracking": tracking,
    "slide": slide,
}


def main(arguments: list[str] | None = None) -> int:
    """Runs what was asked for; prints the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu",
        description=benchmarks.gpu.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="real images, as training reads them")
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--weights", default="compact")
    parser.add_argument("--tiny", action="store_true", help="sizes of a test, which show nothing")
    parser.add_argument("--only", nargs="+", choices=CHECKS, default=list(CHECKS), metavar="NAME")
    parser.add_argument("--minutes", type=float, default=7.5, help="after which nothing new is begun")
    options = parser.parse_args(arguments)
    try:
        make_folder(options.output, UsageError, "choose another output folder")
        choose_device(options.device)
    except MediarError as fault:
        parser.error(str(fault))
    deadline = time.monotonic() + 60 * options.minutes
    sizes = TINY if options.tiny else Sizes()
    # by this name torch tracks on the CPU, too, as it does on CUDA; by "cpu" alone numba would
    device = torch.device("cpu:0" if options.device == "cpu" else options.device)
    bench = Bench(device, sizes, options.weights, options.data, deadline)
    warm_up()  # compiles the tracker's kernels on the machine's first run, on nobody's clock
    rows: list[Row] = []
    for name in options.only:
        rows += run(name, bench)
        write(options.output, bench.device, rows)
    print(table(rows))
    return int(any(row.aim.kept is False for row in rows))


def run(name: str, bench: Bench) -> list[Row]:
    """The rows of one check; one that fails costs its own rows and no others."""
    if bench.left < 0:
        return [Row(name, "left out", "no time left", "", Aim("done", False))]
    began = time.perf_counter()
    rows: list[Row] = []
    try:
        rows.extend(CHECKS[name](bench))
    except Exception as fault:  # whatever an unknown machine comes up with
        line = f"{type(fault).__name__}: {fault}".splitlines()[0]
        rows.append(Row(name, "failed", line, "", Aim("done", False)))
    return [*rows, Row(name, "the check itself", time.perf_counter() - began, "s")]


if __name__ == "__main__":
    sys.exit(main())
