"""Time and memory of the writers on a slide's worth of cells.

    python -m benchmarks.outputs [--cells 50000] [--save table,geojson,outlines,coco]

Cells are ellipses with a wavy rim, about 20 px across; the kernels' compilation
is timed apart, since it is paid once per installation and not per image. Beside
the time on the clock stands that of the processor, which other programs on the
machine change little.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from app.write import WRITERS, Result

PITCH = 26  # px between the cells' centres


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cells", type=int, default=50_000)
    parser.add_argument("--save", default="table,geojson,outlines,coco")
    arguments = parser.parse_args()
    names = arguments.save.split(",")
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        for name in names:
            WRITERS[name](make_result(4), Path(folder))
        print(f"{'first call on 4 cells':24}{time.perf_counter() - begin:8.1f} s")
        result = make_result(arguments.cells)
        before = peak_mb()
        total, total_cpu = 0.0, 0.0
        for name in names:
            begin, begin_cpu = time.perf_counter(), time.process_time()
            path = WRITERS[name](result, Path(folder))
            seconds, cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
            total, total_cpu = total + seconds, total_cpu + cpu
            print(f"{name:24}{seconds:8.1f} s{cpu:8.1f} s CPU{path.stat().st_size / 1e6:8.1f} MB")
    height, width = result.labels.shape
    print(
        f"{'together':24}{total:8.1f} s{total_cpu:8.1f} s CPU  {arguments.cells} cells, {height} × {width} px"
    )
    print(f"{'peak memory':24}{peak_mb():8.0f} MB, {before:.0f} of them before the first writer")
    return 0


def make_result(cells: int) -> Result:
    """A square field with `cells` cells in rows, each of another shape."""
    rng = np.random.default_rng(0)
    columns = int(np.ceil(cells**0.5))
    side = columns * PITCH
    labels = np.zeros((side, side), np.int32)
    y, x = np.mgrid[:PITCH, :PITCH] - (PITCH - 1) / 2
    radius, angle = np.hypot(y, x), np.arctan2(y, x)
    for cell in range(cells):
        size, stretch, waves = rng.uniform(7, 12), rng.uniform(0, 0.25), rng.uniform(0, 0.08)
        turn = rng.uniform(0, np.pi)
        rim = size * (1 + stretch * np.cos(2 * (angle - turn)) + waves * np.cos(7 * (angle + turn)))
        row, column = divmod(cell, columns)
        tile = labels[row * PITCH : (row + 1) * PITCH, column * PITCH : (column + 1) * PITCH]
        tile[radius < rim] = cell + 1
    gray = np.where(labels > 0, np.uint8(160), np.uint8(20))
    probability = np.where(labels > 0, np.float32(0.9), np.float32(0.1))
    # views of one value and of one channel: what no writer here looks at should take no memory
    flow = np.broadcast_to(np.float32(0), (2, side, side))
    image = np.broadcast_to(gray[..., None], (side, side, 3))
    scores = rng.uniform(0.4, 1, cells).astype(np.float32)
    return Result(
        "field",
        image,
        gray[..., None],
        labels,
        flow,
        probability,
        pixel_size_um=(0.5, 0.5),
        scores=scores,
    )


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


if __name__ == "__main__":
    sys.exit(main())
