"""A slide with every extra in one fresh process: time, memory, and whether all files tell of the same cells.

    python -m benchmarks.extras [20000x20000] [--sparse 16] [--budget 60] [--scales 1] [-o OUT]

The slide is that of `benchmarks.memory`: synthetic cells in every 16th tile, glass in the others.
What was written goes with the benchmark, unless it has a folder to stay in.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from benchmarks import memory

SAVE = ("table", "geojson", "outlines", "ome", "coco", "overlay")
Cells = dict[int, int | None]  # id → area in px, None where the file does not say


def main() -> int:
    """Prints a Markdown table; 1 where two files disagree."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.extras")
    parser.add_argument("size", nargs="?", default="20000x20000", metavar="HEIGHTxWIDTH")
    parser.add_argument("--sparse", type=int, default=16, help="every N-th tile has cells")
    parser.add_argument("--budget", default="60", help="seconds that the network may take")
    parser.add_argument("--scales", default="1")
    parser.add_argument("-o", "--output", type=Path, help="where the files stay")
    options = parser.parse_args()
    height, width = map(int, options.size.split("x"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        memory.write_slide(folder / "slide.tif", height, width, options.sparse)
        flags = ["--save", ",".join(SAVE), "--report", "--scales", options.scales]
        out = options.output or folder / "out"
        seconds, peak, line = memory.run(folder / "slide.tif", out, options.budget, "compact", flags)
        print(f"{height} × {width}: {line}; {seconds:.0f} s, peak memory {peak / 1e9:.2f} GB\n", flush=True)
        return compare(out)


def compare(out: Path) -> int:
    """Holds what each file says against the label TIFF."""
    labels = tifffile.imread(out / "slide_label.tiff")
    areas = np.bincount(labels.ravel())
    truth: Cells = {cell: int(areas[cell]) for cell in np.flatnonzero(areas).tolist() if cell}
    readers: dict[str, Callable[[Path], Cells | bool]] = {
        "slide_cells.csv": of_table,
        "slide.geojson": of_geojson,
        "slide_rois.zip": of_rois,
        "slide_coco.json": of_coco,
        "slide_labels.ome.tif": lambda path: np.array_equal(tifffile.imread(path), labels),
        "slide.ome.zarr": lambda path: equal_zarr(path, labels),
        "slide_overlay.ome.tif": lambda path: tifffile.imread(path, level=3).ndim == 3,
        "report.html": lambda path: f"<b>{len(truth):,}</b>cells" in re.sub(r"\s", "", path.read_text()),
    }
    wrong = 0
    print(f"| file | MB | as the label TIFF's {len(truth)} cells |\n|---|---|---|")
    for name, read in readers.items():
        found = read(out / name)
        same = found if isinstance(found, bool) else agrees(found, truth)
        wrong += not same
        said = {True: "yes", False: "NO"}[same]
        size = sum(file.stat().st_size for file in [out / name, *(out / name).rglob("*")] if file.is_file())
        print(f"| {name} | {size / 1e6:.1f} | {said} |", flush=True)
    return 1 if wrong else 0


def agrees(found: Cells, truth: Cells) -> bool:
    """The same ids in the same order, and the same areas where they are told."""
    return list(found) == list(truth) and all(area in (None, truth[cell]) for cell, area in found.items())


def of_table(path: Path) -> Cells:
    with path.open(encoding="utf-8", newline="") as file:
        return {int(row["id"]): int(row["area"]) for row in csv.DictReader(file)}


def of_geojson(path: Path) -> Cells:
    """Areas of polygons less those of their holes."""
    cells: Cells = {}
    for feature in json.loads(path.read_text())["features"]:
        kind, rings = feature["geometry"]["type"], feature["geometry"]["coordinates"]
        polygons = [rings] if kind == "Polygon" else rings
        area = sum(shoelace(shell) - sum(map(shoelace, holes)) for shell, *holes in polygons)
        cells[int(feature["properties"]["name"])] = round(area)
    return cells


def shoelace(ring: list[list[int]]) -> float:
    """Area inside a closed ring."""
    x, y = np.array(ring, np.int64).T
    return abs(int((x[:-1] * y[1:] - x[1:] * y[:-1]).sum())) / 2


def of_rois(path: Path) -> Cells:
    with zipfile.ZipFile(path) as file:
        return {int(name.removesuffix(".roi")): None for name in file.namelist()}


def of_coco(path: Path) -> Cells:
    return {one["label"]: one["area"] for one in json.loads(path.read_text())["annotations"]}


def equal_zarr(path: Path, labels: NDArray[np.integer]) -> bool:
    import zarr

    stored = zarr.open_group(path, mode="r")["labels/cells/0"]
    assert isinstance(stored, zarr.Array)
    tops = range(0, len(labels), memory.TILE)
    return all(np.array_equal(stored[y : y + memory.TILE], labels[y : y + memory.TILE]) for y in tops)


if __name__ == "__main__":
    sys.exit(main())
