"""A bank of synthetic images on the disk: a set like any other, which a killed run goes on with."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from app.errors import UsageError
from app.system.files import clear_up, make_folder, whole_file
from training.synthetic.drawing import LOOKS, Synthetic, draw

if TYPE_CHECKING:
    from training.synthetic.real import Real

SET = "synthetic"
SMALLEST = 32  # px a side; cells of 200 px are drawn on it, too, and one has to be seen


def bank(
    folder: Path,
    images: int,
    seed: int,
    real: Real | None = None,
    workers: int = 1,
    size: int = 352,
    looks: Collection[str] = (),
) -> Path:
    """Writes `folder/synthetic/{images,labels}/NNNNN_layout_look.png`; returns `folder/synthetic`.

    Image k is drawn with seed `seed` + k, of these `looks` alone if there are
    any. What is there already is kept, so a bank is grown by a larger number; a
    label is written before its image, and each file whole, so that every image
    has its label. Raises UsageError.
    """
    if images < 1 or size < SMALLEST:
        raise UsageError(f"{images} images of {size} px: draw one at least, of {SMALLEST} px or more")
    for look in looks:
        if look not in LOOKS:
            raise UsageError(f"{look}: no look of this name; there are {', '.join(LOOKS)}")
    target = folder / SET
    for kind in ("images", "labels"):
        make_folder(target / kind, UsageError, "choose another folder")
        clear_up(target / kind)
    there = {int(path.name.split("_")[0]) for path in (target / "images").glob("[0-9]*.png")}
    missing = [number for number in range(images) if number not in there]
    make = partial(write, folder=target, seed=seed, real=real, size=size, looks=looks)
    for _ in tqdm(spread(make, missing, workers), "images", total=len(missing), disable=None):
        pass
    return target


def spread(make: partial[Path], numbers: list[int], workers: int) -> Iterable[Path]:
    """`make` of each number, here or in processes of their own."""
    if workers <= 1:
        yield from map(make, numbers)
        return
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        yield from pool.map(make, numbers, chunksize=8)


def write(number: int, folder: Path, seed: int, real: Real | None, size: int, looks: Collection[str]) -> Path:
    """Draws and writes one image; returns its path."""
    import numpy as np
    from imagecodecs import png_encode

    drawn: Synthetic = draw(seed + number, size, real=real, looks=looks)
    name = f"{number:05d}_{drawn.layout}_{drawn.look}.png"
    for kind, array in (("labels", drawn.labels.astype(np.uint16)), ("images", drawn.image)):
        with whole_file(folder / kind / name) as partial_path:
            partial_path.write_bytes(png_encode(array, level=5))
    return folder / "images" / name
