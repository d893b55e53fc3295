"""Which files to read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .address import address
from .opening import unreadable

IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".svs", ".ndpi", ".mrxs")
SUFFIXES = (*IMAGES, ".zarr", ".zarr.zip", ".ozx")  # not .dcm: each level of a slide is a file of its own
ZARR = (".zgroup", ".zattrs", "zarr.json")  # files of which a Zarr folder holds one at least


def find_images(paths: Sequence[Path]) -> list[Path]:
    """Files and addresses as given, in their order; of a folder its images by name, sorted, not recursive.

    An OME-Zarr is an image, though it is a folder. In a folder, hidden files,
    files of other suffixes (case does not matter) and sub-folders are skipped.
    A link counts as what it leads to, also out of the folder; one that leads
    nowhere, a FIFO or a file that can't be read is kept where its suffix is
    right, so that reading it reports it. What is named twice comes once.

    Raises ReadError where a folder can't be listed.
    """
    found: dict[Path, None] = {}
    for path in paths:
        found.update(dict.fromkeys(images_in(path) if is_folder(path) else [path]))
    return list(found)


def images_in(folder: Path) -> list[Path]:
    """The image files of one folder."""
    try:
        entries = list(folder.iterdir())
    except OSError as cause:
        raise unreadable(folder, f"can't be listed: {cause.strerror}", "check its permissions") from cause
    return sorted(path for path in entries if is_candidate(path))


def is_candidate(path: Path) -> bool:
    return not path.name.startswith(".") and path.name.lower().endswith(SUFFIXES) and not is_folder(path)


def is_folder(path: Path) -> bool:
    """Whether there is a folder that is no image itself."""
    return is_directory(path) and not is_zarr(path)


def is_zarr(path: Path) -> bool:
    """Whether a folder is an OME-Zarr, or meant to be; of an address, whether a part of it ends in .zarr."""
    if address(path):
        return any(part.lower().endswith(".zarr") for part in path.parts)
    return is_directory(path) and (
        path.name.lower().endswith(".zarr") or any((path / name).is_file() for name in ZARR)
    )


def is_directory(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # what must not be looked at is for the reader to report
        return False
