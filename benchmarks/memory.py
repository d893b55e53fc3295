"""Time and peak memory of whole processes, from file to label file, as images grow.

    python -m benchmarks.memory                                   # 1000² to 4900²
    python -m benchmarks.memory 30000x30000 --sparse 16 --budget 400
    python -m benchmarks.memory 1024x1024 --planes 40             # a volume, joined through z

Images are tiled TIFFs of synthetic cells. `--sparse` leaves only every N-th
tile of 1024² with cells, since most of a slide is glass. The figures in
`app/run/memory.py` come from here.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

TILE = 1024


def cells_tile(seed: int = 0) -> NDArray[np.uint8]:
    """`(TILE, TILE)` gray, about 800 bright discs on a dark, noisy ground."""
    rng = np.random.default_rng(seed)
    tile = rng.normal(30, 4, (TILE, TILE))
    y, x = np.mgrid[-16:17, -16:17]
    for _ in range(800):
        r = rng.uniform(8, 13)
        cy, cx = rng.integers(17, TILE - 17, 2)
        tile[cy - 16 : cy + 17, cx - 16 : cx + 17][y**2 + x**2 < r * r] = rng.uniform(120, 220)
    return tile.clip(0, 255).astype(np.uint8)


def write_slide(path: Path, height: int, width: int, every: int) -> None:
    """A tiled, compressed TIFF; every `every`-th tile holds cells, the others are flat."""
    full, glass = cells_tile(), np.full((TILE, TILE), 30, np.uint8)

    def tiles() -> Iterator[NDArray[np.uint8]]:
        for i in range(-(-height // TILE) * -(-width // TILE)):
            yield glass if i % every else full

    tifffile.imwrite(
        path, tiles(), shape=(height, width), dtype=np.uint8, tile=(TILE, TILE), compression="zlib"
    )


def write_volume(path: Path, height: int, width: int, planes: int) -> None:
    """A TIFF of `planes` in Z; the field moves by a few pixels a plane, so cells lie on each other."""
    tile = np.tile(cells_tile(), (-(-height // TILE) + 1, -(-width // TILE) + 1))

    def pages() -> Iterator[NDArray[np.uint8]]:
        for z in range(planes):
            yield np.ascontiguousarray(tile[3 * z : 3 * z + height, :width])

    shape = (planes, height, width)
    # three planes would be written as the channels of one
    tifffile.imwrite(
        path, pages(), shape=shape, dtype=np.uint8, photometric="minisblack", metadata={"axes": "ZYX"}
    )


def run(
    image: Path, out: Path, budget: str, weights: str, flags: Sequence[str] = ()
) -> tuple[float, float, str]:
    """Seconds, peak bytes and the log line of one fresh process."""
    command = [sys.executable, "-m", "app", "predict", "-i", str(image), "-o", str(out)]
    began = time.monotonic()
    command += ["--budget", budget, "--weights", weights, *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024  # the largest child so far
    told = [line for line in done.stderr.splitlines() if " cells in " in line or " cells, " in line]
    told.sort(key=lambda line: " cells in " not in line)  # of a volume, the whole before its planes
    line = told[0] if told else done.stderr.strip()[-300:]
    return seconds, peak, line.partition(": ")[2]


def main() -> None:
    """Prints one row per image, smallest first: the peak is that of the largest process so far."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory")
    sizes = ["1000x1000", "2000x2000", "4900x4900"]
    parser.add_argument("sizes", nargs="*", default=sizes, metavar="HEIGHTxWIDTH")
    parser.add_argument("--sparse", type=int, default=1, help="every N-th tile has cells")
    parser.add_argument("--planes", type=int, help="a volume of N planes instead (at most 341)")
    parser.add_argument("--budget", default="challenge", help="of a volume, for each plane")
    parser.add_argument("--weights", default="compact")
    options = parser.parse_args()
    print("| image | seconds | peak memory | bytes per pixel | result |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for size in options.sizes:
            height, width = map(int, size.split("x"))
            image = Path(folder) / f"{size}.tif"
            if options.planes:
                write_volume(image, height, width, options.planes)
            else:
                write_slide(image, height, width, options.sparse)
            flags = ("--stack", "z", "--save", "table") if options.planes else ()
            seconds, peak, line = run(image, Path(folder) / "out", options.budget, options.weights, flags)
            each = peak / height / width
            print(
                f"| {height} × {width} | {seconds:.1f} | {peak / 1e9:.2f} GB | {each:.0f} | {line} |",
                flush=True,
            )
            image.unlink()


if __name__ == "__main__":
    main()
