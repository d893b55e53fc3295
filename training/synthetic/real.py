"""What labelled images lend: pieces of them, outlines of their cells, colours of their stains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.data import DataError, Pair, find_pairs, load_image, load_labels
from training.synthetic.dyes import Dyes, unit
from training.synthetic.fields import Random, blur, log_uniform
from training.synthetic.outlines import Outline

KEPT = 32  # images in memory
MOST_OUTLINES = 40  # of one image
SIZES = (10.0, 90.0)  # px across, to which the cells of a piece may be brought
FILLED = 0.7  # of a window, at least, by the image itself and not by its mirror images
ZOOMS = (0.5, 1.6)  # how far the images themselves are zoomed


@dataclass(frozen=True)
class Piece:
    """A window on a labelled image."""

    image: NDArray[np.uint8]  # (S, S, 3)
    labels: NDArray[np.int32]  # (S, S), ids may have gaps
    gray: bool  # the file holds one channel
    diameter: float  # px, median of its cells


@dataclass(frozen=True)
class Real:
    """Labelled images of the train split, read when they are needed."""

    pairs: tuple[Pair, ...]

    @classmethod
    def find(cls, root: Path, without: Sequence[str] = ()) -> Real:
        """The train split below `root` less some sets; raises DataError where nothing is left."""
        pairs = tuple(pair for pair in find_pairs(root, "train") if pair.set not in without)
        if not pairs:
            raise DataError(f"{root}: no set is left to borrow from without {', '.join(without)}")
        return cls(pairs)

    def choose(self, rng: Random) -> Pair:
        """A set, larger ones with the square root of their images; of it any image."""
        names = sorted({pair.set for pair in self.pairs})
        weights = np.sqrt([sum(pair.set == name for pair in self.pairs) for name in names])
        name = names[rng.choice(len(names), p=weights / weights.sum())]
        return self.another(rng, name)

    def dyes(self, rng: Random) -> Dyes | None:
        """The colours of a stained image; None where a few images drawn by chance are none."""
        for _ in range(4):
            found = dyes_of(read(self.choose(rng)))
            if found is not None:
                return found
        return None

    def another(self, rng: Random, name: str) -> Pair:
        """Any image of the set of this name."""
        pairs = [pair for pair in self.pairs if pair.set == name]
        return pairs[rng.integers(len(pairs))]


@lru_cache(KEPT)
def read(pair: Pair) -> Piece:
    """The whole image with its labels."""
    image, gray = load_image(pair.image)
    labels = load_labels(pair.label)
    areas = np.bincount(labels.ravel())[1:]
    diameter = float(np.median(2 * np.sqrt(areas[areas > 0] / np.pi))) if areas.any() else 0.0
    return Piece(image, labels, gray, diameter)


def zoom_for(rng: Random, whole: Piece, size: int) -> float:
    """A zoom within bounds that brings cells to a size looked for; small images are not shrunk."""
    if not whole.diameter:
        return 1.0
    filled = FILLED * size / min(whole.labels.shape)
    low = min(max(ZOOMS[0], SIZES[0] / whole.diameter, filled), ZOOMS[1])
    high = max(min(ZOOMS[1], SIZES[1] / whole.diameter), low)
    return log_uniform(rng, low, high)


def piece(rng: Random, whole: Piece, size: int, zoom: float) -> Piece:
    """A window of `size` px on the image, zoomed and turned; beyond its edges the image is mirrored."""
    from scipy import ndimage
    from skimage.measure import label

    angle = rng.uniform(0, 2 * np.pi)
    mirror = np.diag([1.0, rng.choice([-1.0, 1.0])])
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ mirror / zoom
    extent = np.array(whole.labels.shape) - 1
    slack = np.maximum(extent / 2 - size / zoom / 2, 0)
    offset = extent / 2 + rng.uniform(-slack, slack) - matrix @ np.full(2, (size - 1) / 2)
    channels = whole.image[..., :1] if whole.gray else whole.image
    source = blur(channels, 0.4 / zoom) if zoom < 1 else channels.astype(np.float32)
    planes = [
        ndimage.affine_transform(source[..., c], matrix, offset, (size, size), order=1, mode="mirror")
        for c in range(source.shape[2])
    ]
    image = np.stack(planes * (3 if whole.gray else 1), axis=-1).clip(0, 255).round().astype(np.uint8)
    labels = ndimage.affine_transform(whole.labels, matrix, offset, (size, size), order=0, mode="mirror")
    apart = label(labels, background=0, connectivity=1)  # a mirrored cell is a cell of its own
    return Piece(image, apart.astype(np.int32), whole.gray, whole.diameter * zoom)


def outlines(rng: Random, whole: Piece) -> list[Outline]:
    """Outlines of some cells that lie within the image, of equivalent radius 1 in the mean; may be empty."""
    from scipy import ndimage
    from skimage.measure import find_contours

    found = []
    windows = [(i, window) for i, window in enumerate(ndimage.find_objects(whole.labels), 1) if window]
    height, width = whole.labels.shape
    for k in rng.permutation(len(windows))[: 2 * MOST_OUTLINES]:
        i, (rows, columns) = windows[k]
        if rows.start == 0 or columns.start == 0 or rows.stop == height or columns.stop == width:
            continue
        mask = np.pad(whole.labels[rows, columns] == i, 1)
        if mask.sum() < 60:
            continue
        contour = max(find_contours(mask.astype(np.float32), 0.5), key=len)[:-1]
        contour = contour[:: max(len(contour) // 80, 1)]
        found.append((contour - np.argwhere(mask).mean(axis=0), np.sqrt(mask.sum() / np.pi)))
        if len(found) == MOST_OUTLINES:
            break
    mean = np.mean([radius for _, radius in found]) if found else 1.0
    return [contour / mean for contour, _ in found]


def dyes_of(whole: Piece) -> Dyes | None:
    """The colours of a stained section or smear; None where an image is none."""
    if whole.gray or not whole.labels.any() or np.median(whole.image) < 110:
        return None
    pixels = whole.image.reshape(-1, 3)[::7].astype(np.float32)
    cell = whole.labels.ravel()[::7] > 0
    white = np.percentile(pixels, 99, axis=0).clip(100, 255)
    density = -np.log((pixels / white).clip(0.02, 1))
    dark = density.sum(axis=1)
    if cell.sum() < 50 or (~cell).sum() < 50 or dark[cell].mean() < 1.15 * dark[~cell].mean():
        return None
    nuclear, other = (
        density[part][dark[part] >= np.median(dark[part])].mean(axis=0) + 1e-3 for part in (cell, ~cell)
    )
    return Dyes(unit(nuclear), unit(other), (white / 255).astype(np.float32))
