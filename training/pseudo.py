"""Labels of a network for images without labels: what it is sure of is taught, the rest is left open.

A cell of a high score is a cell. One below it may be a cell or none, so its
pixels are -1, which the loss leaves out: taken for background, each of them
would teach the network to miss it. Where nothing is found is background. An
image with few sure cells, or more unsure ones than sure, tells more about the
network than about cells and is left out.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from app.cells import Found
from app.errors import UsageError
from app.network import Network
from app.network.engines import Engine
from app.system.files import whole_file
from app.system.tables import write_table
from training.data import PSEUDO, load_image
from training.passes import find_all, variants
from training.repair import fill


@dataclass(frozen=True)
class Surety:
    """What counts as sure."""

    score: float = 0.75  # of a cell that is taught
    cells: int = 3  # sure ones that an image has at least
    share: float = 0.5  # of its cells that are sure, at least


@dataclass(frozen=True)
class Labelled:
    """What became of one image."""

    image: Path
    sure: int  # cells
    unsure: int
    kept: bool


def pseudo(
    engines: Sequence[Engine],
    images: Sequence[Path],
    folder: Path,
    surety: Surety,
    knows: Network | None = None,
) -> list[Labelled]:
    """Writes `folder` as a set for `fit`: images/ (copies), labels/ and a table that marks it as such.

    All models with all flips, or the specialist that `knows` has for an image. Raises UsageError
    where two images share a stem, or `folder` holds a set of another origin.
    """
    if len({image.stem for image in images}) < len(images):
        raise UsageError(f"{images[0].parent}: two images share a name but for its ending; give one of them")
    if (folder / "labels").is_dir() and not (folder / PSEUDO).is_file():
        raise UsageError(f"{folder}: holds labels that no network made; choose another folder")
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    told = knows is not None and knows.specialists is not None
    every = variants(len(engines), specialists=told)[-1]
    done = []
    for image in tqdm(images, "images", disable=None):
        found = find_all(engines, load_image(image)[0], [every], knows)[every.name]
        labels, one = judged(image, found, surety)
        if one.kept:
            shutil.copyfile(image, folder / "images" / image.name)
            write_partial(labels, folder / "labels" / f"{image.stem}.tiff")
        done.append(one)
    rows = ([one.image.name, one.sure, one.unsure, int(one.kept)] for one in done)
    write_table(folder / PSEUDO, ["image", "sure", "unsure", "kept"], rows)
    return done


def judged(image: Path, found: Found, surety: Surety) -> tuple[NDArray[np.int32], Labelled]:
    """Labels with -1 at unsure cells, and whether the image is worth teaching."""
    sure = found.scores >= surety.score
    ids = np.concatenate([[0], np.where(sure, np.arange(1, len(sure) + 1), -1)]).astype(np.int32)
    labels = ids[found.labels]
    cells = np.where(labels > 0, labels, 0)
    fill(cells)  # a hole in a sure cell is the cell's
    labels = np.where(cells > 0, cells, labels)
    count = int(sure.sum())
    kept = count >= surety.cells and count >= surety.share * len(sure)
    return labels, Labelled(image, count, len(sure) - count, kept)


def write_partial(labels: NDArray[np.int32], path: Path) -> None:
    """A label TIFF of signed numbers, whole or not at all."""
    import tifffile

    with whole_file(path) as partial:
        tifffile.imwrite(partial, labels, compression="zlib")
