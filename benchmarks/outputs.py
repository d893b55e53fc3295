"""Time and memory of the writers on a slide's worth of cells.

    python -m benchmarks.outputs [--cells 50000] [--save table,geojson,outlines,coco]

Cells are ellipses with a wavy rim, about 20 px across, and lie on the disk as those of a slide do; the
kernels' compilation is timed apart, since it is paid once per installation and not per image. Beside the
time on the clock stands that of the processor, which other programs on the machine change little.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.cells.spool import Spool
from app.write import WRITERS, Result
from app.write.rows import OnDisk

PITCH = 26  # px between the cells' centres
SHAPES = 2000  # different ones


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cells", type=int, default=50_000)
    parser.add_argument("--save", default="table,geojson,outlines,coco")
    arguments = parser.parse_args()
    names = arguments.save.split(",")
    with tempfile.TemporaryDirectory() as folder, Spool() as few, Spool() as many:
        begin = time.perf_counter()
        for name in names:
            WRITERS[name](make_result(4, few), Path(folder))
        print(f"{'first call on 4 cells':24}{time.perf_counter() - begin:8.1f} s")
        result = make_result(arguments.cells, many)
        before = peak_mb()
        total, total_cpu = 0.0, 0.0
        for name in names:
            begin, begin_cpu = time.perf_counter(), time.process_time()
            path = WRITERS[name](result, Path(folder))
            seconds, cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
            total, total_cpu = total + seconds, total_cpu + cpu
            print(
                f"{name:24}{seconds:8.1f} s{cpu:8.1f} s CPU{path.stat().st_size / 1e6:8.1f} MB"
                f"{peak_mb():8.0f} MB peak",
                flush=True,
            )
    height, width = result.shape
    print(
        f"{'together':24}{total:8.1f} s{total_cpu:8.1f} s CPU  {arguments.cells} cells, {height} × {width} px"
    )
    print(f"{'peak memory':24}{peak_mb():8.0f} MB, {before:.0f} of them before the first writer")
    return 0


def make_result(cells: int, spool: Spool) -> Result:
    """A square field with `cells` cells in rows; its labels lie in `spool`."""
    rng = np.random.default_rng(0)
    columns = int(np.ceil(cells**0.5))
    side = columns * PITCH
    masks = make_masks(rng)
    tops = masks.any(axis=2).argmax(axis=1)  # (SHAPES,), row of the first pixel
    for row in range(columns):
        picked = rng.integers(0, SHAPES, columns)
        chosen = masks[picked]  # (columns, PITCH, PITCH)
        ids = np.empty(columns, np.int32)  # in the order of first pixels, as everywhere
        ids[np.argsort(tops[picked], kind="stable")] = np.arange(row * columns + 1, (row + 1) * columns + 1)
        ids[ids > cells] = 0
        spool.append((chosen * ids[:, None, None]).transpose(1, 0, 2).reshape(PITCH, side))

    def shown(y0: int, y1: int) -> NDArray[np.uint8]:
        return np.where(spool.rows(y0, y1) > 0, np.uint8(160), np.uint8(20))[..., None]

    def probability(y0: int, y1: int) -> NDArray[np.float32]:
        return np.where(spool.rows(y0, y1) > 0, np.float32(0.9), np.float32(0.1))

    shape = side, side
    return Result(
        "field",
        OnDisk((*shape, 3), lambda *span: np.repeat(shown(*span), 3, axis=2)),
        OnDisk((*shape, 1), shown),
        OnDisk(shape, spool.rows),
        None,
        OnDisk(shape, probability),
        pixel_size_um=(0.5, 0.5),
        scores=rng.uniform(0.4, 1, cells).astype(np.float32),
    )


def make_masks(rng: np.random.Generator) -> NDArray[np.bool_]:
    """`(SHAPES, PITCH, PITCH)`."""
    y, x = np.mgrid[:PITCH, :PITCH] - (PITCH - 1) / 2
    radius, angle = np.hypot(y, x), np.arctan2(y, x)
    low, high = np.array([(7, 12), (0, 0.25), (0, 0.08), (0, np.pi)]).T[:, :, None, None, None]
    size, stretch, waves, turn = rng.uniform(low, high, (4, SHAPES, 1, 1))
    rim = size * (1 + stretch * np.cos(2 * (angle - turn)) + waves * np.cos(7 * (angle + turn)))
    return radius < rim


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


if __name__ == "__main__":
    sys.exit(main())
