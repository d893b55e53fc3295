"""The files by which the benchmark and its networks talk, and the clock that all are held to.

A folder of pairs holds, for each image,

    train/<set>/images/<id>.tiff    (H, W) or (H, W, 3), as the microscope gave it
    train/<set>/labels/<id>.tiff    (H, W), 0 background, 1..N cells
    val/<set>/...                   likewise; no network is shown the labels
    pairs.csv                       split, set, id, weight, diameter

and each network leaves `<out>/<variant>/<set>/<id>_label.tiff` and `<out>/done.json`.
Peers import this file in their own environments, so it needs no more than NumPy
and tifffile.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LIST = "pairs.csv"
DONE = "done.json"
SUFFIX = "_label.tiff"


@dataclass(frozen=True)
class Item:
    """One pair of the folder."""

    split: str
    set: str
    id: str
    weight: float  # chance of being drawn in training; 0 in val
    diameter: float  # px, median of its cells; 0 without cells

    def image(self, folder: Path) -> Path:
        """Its image file."""
        return folder / self.split / self.set / "images" / f"{self.id}.tiff"

    def label(self, folder: Path) -> Path:
        """Its drawn labels."""
        return folder / self.split / self.set / "labels" / f"{self.id}.tiff"

    def found(self, out: Path, variant: str) -> Path:
        """What a network found in it."""
        return out / variant / self.set / f"{self.id}{SUFFIX}"


@dataclass(frozen=True)
class Done:
    """What a network came to, less its scores."""

    name: str
    parameters: int
    steps: int
    crops: str  # of a step: count × side²
    minutes: float  # of CPU time that training took
    asked: float  # minutes that it was given
    seconds: dict[str, float]  # variant of the prediction → CPU seconds per image


@dataclass(frozen=True)
class Call:
    """The command line of a network's process."""

    data: Path
    out: Path
    minutes: float


class Clock:
    """CPU time of this process, all its threads together, from here on."""

    def __init__(self, minutes: float) -> None:
        self.allowed = 60 * minutes
        self.restart()

    def restart(self) -> None:
        """Counts from now on."""
        self.began = time.process_time()

    @property
    def spent(self) -> float:
        """Seconds."""
        return time.process_time() - self.began

    @property
    def share(self) -> float:
        """Of the time, in [0, 1]."""
        return min(self.spent / self.allowed, 1.0)

    @property
    def left(self) -> float:
        """Seconds; below 0 where it is over."""
        return self.allowed - self.spent


def called() -> Call:
    """Reads the command line and keeps the process to one core, before any library counts them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--core", type=int, required=True)
    chosen = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {chosen.core})
    return Call(chosen.data, chosen.out, chosen.minutes)


def read_list(folder: Path, split: str) -> list[Item]:
    """The pairs of `train` or `val`."""
    with (folder / LIST).open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == split]
    return [
        Item(row["split"], row["set"], row["id"], float(row["weight"]), float(row["diameter"]))
        for row in rows
    ]


def write_list(folder: Path, items: Sequence[Item]) -> None:
    """Writes the list of a folder of pairs."""
    with (folder / LIST).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Item)])
        writer.writeheader()
        writer.writerows(asdict(item) for item in items)


def read(path: Path) -> NDArray[Any]:
    """An image or a label file as it is."""
    import tifffile

    array: NDArray[Any] = tifffile.imread(path)
    return array


def read_rgb(path: Path) -> NDArray[Any]:
    """`(H, W, 3)` in the file's own depth; gray three times."""
    image = read(path)
    return image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)


def write(path: Path, array: NDArray[Any]) -> None:
    """Writes an image `(H, W)` or `(H, W, 3)`, compressed."""
    import tifffile

    path.parent.mkdir(parents=True, exist_ok=True)
    photometric = "rgb" if array.ndim == 3 else "minisblack"
    tifffile.imwrite(path, array, photometric=photometric, compression="zlib")


def write_labels(path: Path, labels: NDArray[Any]) -> None:
    """Writes `(H, W)` labels in the narrower of 16 and 32 bit."""
    write(path, labels.astype(np.uint16 if labels.max(initial=0) < 2**16 else np.uint32))


def predict(items: Sequence[Item], out: Path, variant: str, segment: Callable[[Item], NDArray[Any]]) -> float:
    """Writes what `segment` finds in every item; returns its CPU seconds per image.

    The first image is seen once before, since libraries compile and load kernels on it.
    """
    segment(items[0])
    spent = 0.0
    for item in items:
        began = time.process_time()
        labels = segment(item)
        spent += time.process_time() - began
        write_labels(item.found(out, variant), labels)
    return spent / len(items)


def write_done(out: Path, done: Done) -> None:
    """The last thing that a network does."""
    (out / DONE).write_text(json.dumps(asdict(done), indent=1))


def read_done(out: Path) -> Done | None:
    """What a network came to; None where it didn't come to an end."""
    try:
        return Done(**json.loads((out / DONE).read_text()))
    except (OSError, ValueError, TypeError):
        return None
