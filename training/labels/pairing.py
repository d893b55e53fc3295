"""Which label belongs to which image: by the stem of their names."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from app.read import find_images
from training.data import DataError, Pair

logger = logging.getLogger(__name__)
# what programs put behind an image's stem; the longer first
ENDINGS = ("_cp_masks", "_masks", "_mask", "_labels", "_label", "_seg", "_rois", "_roiset")
SUFFIXES = (".tif", ".tiff", ".png", ".npy", ".roi", ".zip", ".geojson", ".json")
SET = "own"


def find_drawn(images: Sequence[Path], labels: Sequence[Path]) -> list[Pair]:
    """Each image that has a label, by name; `images` and `labels` are folders or files, also the same folder.

    Images without a label are passed over with one line, labels without image
    too; DataError where no label fits or two fit one image.
    """
    drawn: dict[str, Path] = {}
    for path in label_files(labels, beside=same_folder(images, labels)):
        other = drawn.setdefault(stem(path), path)
        if other != path:
            raise DataError(f"{path}: {other.name} labels the same image; keep one of them")
    taken = set(drawn.values())
    there = [path for path in find_images(images) if path not in taken]
    pairs = []
    for image in there:
        # a prediction names its files by what stands before the first dot
        keys = [key for key in dict.fromkeys((image.stem, image.name.split(".")[0])) if key in drawn]
        if keys:
            pairs.append(Pair(SET, image.stem, image, drawn.pop(keys[0])))
    if not pairs:
        raise DataError(nothing(there, list(taken), labels))
    if len(pairs) < len(there):
        logger.info("%d of %d images have a label; the others are left out", len(pairs), len(there))
    if drawn:
        logger.warning("%s: no image has this name; it is left out", next(iter(drawn.values())))
    return pairs


def label_files(paths: Sequence[Path], *, beside: bool) -> list[Path]:
    """Files as given and those of folders, sorted; `beside` images only what can't be an image."""
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise DataError(f"{path}: no such file or folder")
        if not path.is_dir():
            found.append(path)
            continue
        inside = (one for one in sorted(path.iterdir()) if one.suffix.lower() in SUFFIXES)
        found += [one for one in inside if one.name[0] != "." and (not beside or is_label(one))]
    return found


def is_label(path: Path) -> bool:
    """Whether its name says that it is no image."""
    return path.stem != stem(path) or path.suffix.lower() in (".npy", ".roi", ".zip", ".geojson")


def same_folder(images: Sequence[Path], labels: Sequence[Path]) -> bool:
    return bool({path.resolve() for path in images} & {path.resolve() for path in labels})


def stem(path: Path) -> str:
    """The name of the image that a label file speaks of."""
    for ending in ENDINGS:
        if path.stem.lower().endswith(ending):
            return path.stem[: -len(ending)]
    return path.stem


def nothing(images: Sequence[Path], drawn: Sequence[Path], labels: Sequence[Path]) -> str:
    """Why there is no pair."""
    where = ", ".join(map(str, labels))
    if not images:
        return f"no images beside the labels of {where}; give a folder or files of images with -i"
    if not drawn:
        return f"{where}: holds no labels; they are {', '.join(SUFFIXES)} files"
    first = images[0]
    fitting = f"{first.stem}_label{drawn[0].suffix}"
    return f"{drawn[0]}: no image has this name; the label of {first} would be {fitting}"
