"""A folder to be timed against the tolerance: real images of a split, and two mosaics of them.

python -m benchmarks.tolerance --data ../shared/data/cells out/tolerance
python -m evaluation timing -i out/tolerance -o out/tolerance.csv
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from app.read import open_image
from training.data import find_pairs

SETS = ("dsb2018", "usiigaci", "bbbc039")
MOSAICS = ((2000, 2000), (8415, 10496))  # px; the second is the largest image of the challenge


def mosaic(images: list[NDArray[np.uint8]], height: int, width: int) -> NDArray[np.uint8]:
    """`(height, width, 3)`: the images side by side in rows, again and again, cut at the edges."""
    whole = np.zeros((height, width, 3), np.uint8)
    y = used = 0
    while y < height:
        row = max(image.shape[0] for image in images[used % len(images) :][:4])
        x = 0
        while x < width:
            image = images[used % len(images)][: height - y, : width - x][:row]
            whole[y : y + image.shape[0], x : x + image.shape[1]] = image
            x += image.shape[1]
            used += 1
        y += row
    return whole


def pictures(data: Path, split: str = "val") -> Iterator[tuple[str, Path, NDArray[np.uint8]]]:
    """Name, path and pixels `(h, w, 3)` of the real images of a split."""
    for pair in find_pairs(data, split):
        if pair.set in SETS:
            with open_image(pair.image) as source:
                yield f"{pair.set}_{pair.image.name}", pair.image, source.rows(0, source.info.height)


def main() -> None:
    """Links the images and writes the mosaics."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tolerance")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--split", default="val")
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    images = []
    for name, path, pixels in pictures(options.data, options.split):
        link = options.folder / name
        link.unlink(missing_ok=True)
        link.symlink_to(path.resolve())
        images.append(pixels)
    for height, width in MOSAICS:
        path = options.folder / f"mosaic_{height}x{width}.tif"
        tifffile.imwrite(
            path, mosaic(images, height, width), tile=(512, 512), compression="zlib", photometric="rgb"
        )
    print(f"{len(images)} images and {len(MOSAICS)} mosaics in {options.folder}")


if __name__ == "__main__":
    main()
