"""The border of the Cell Tracking Challenge: cells of a result that lie in it wholly do not count.

Annotators left out what never reaches the field of interest, the image without a border of E pixels, so a
result must leave it out too ("Naming and file content conventions" of the challenge). The truth is taken
as it is. A track that is in the border for some frames becomes several, each the parent of the next.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.errors import ReadError
from app.stack import rows
from evaluation.ctcfiles import Result
from evaluation.labelfiles import read_labels
from evaluation.overlap import Labels

WIDE, NARROW = 50, 25  # px
BORDERS = dict.fromkeys(
    ("DIC-C2DH-HeLa", "Fluo-C2DL-Huh7", "Fluo-C2DL-MSC", "Fluo-N2DH-GOWT1", "PhC-C2DH-U373"), WIDE
) | dict.fromkeys(("BF-C2DL-HSC", "BF-C2DL-MuSC", "Fluo-N2DL-HeLa", "PhC-C2DL-PSC"), NARROW)
"""E of the data sets of 2-D images; those that are not here, such as Fluo-N2DH-SIM+, have none."""


def border_of(name: str) -> int:
    """E in px, of its number or of a data set's name; raises ValueError for what is neither."""
    if name.isdecimal():
        return int(name)
    known = {data_set.lower(): width for data_set, width in BORDERS.items()} | {"fluo-n2dh-sim+": 0}
    if name.lower() not in known:
        raise ValueError(f"'{name}' is no number of pixels and none of {', '.join(BORDERS)}")
    return known[name.lower()]


def without_border(result: Result, border: int, folder: Path) -> Result:
    """The result less what lies wholly within `border` px of the edge; its masks are written to `folder`.

    Raises ReadError where nothing of the image would be left, or masks and tracks contradict each other.
    """
    seen: dict[int, list[int]] = {}
    present: dict[int, list[int]] = {}
    for frame, path in result.masks.items():
        labels = read_labels(path)
        for found, part in ((seen, labels), (present, field(labels, border, path))):
            for cell in np.unique(part[part > 0]).tolist():
                found.setdefault(cell, []).append(frame)
    told = {cell: list(range(begin, end + 1)) for cell, begin, end, _ in result.tracks.tolist()}
    wrong = sorted(cell for cell in seen.keys() | told.keys() if seen.get(cell) != told.get(cell))
    if wrong:
        place = next(iter(result.masks.values())).parent
        raise ReadError(f"{place}: masks and res_track.txt differ in track {wrong[0]}; write both anew")
    # numbered in the order in which they begin, so that a parent comes before its children
    order = {cell: i for i, cell in enumerate(sorted(present, key=lambda cell: present[cell][0]), 1)}
    parents = {
        order[cell]: order[parent]
        for cell, _, _, parent in result.tracks.tolist()
        if cell in order and parent in order
    }
    tracks, pieces = rows({order[cell]: frames for cell, frames in present.items()}, parents)
    masks = {}
    for frame, path in result.masks.items():
        masks[frame] = folder / path.name
        there = {cell: order[cell] for cell, frames in present.items() if frame in frames}
        write_mask(masks[frame], read_labels(path), {a: pieces.get((b, frame), b) for a, b in there.items()})
    return Result(masks, np.array(tracks, np.int64).reshape(-1, 4))


def field(labels: Labels, border: int, path: Path) -> Labels:
    """The field of interest of one mask; raises ReadError where it has none."""
    height, width = labels.shape
    if 2 * border >= min(height, width):
        raise ReadError(
            f"{path}: is {height} × {width}, all of it border of {border} px; give a narrower one"
        )
    return labels[border : height - border, border : width - border]


def write_mask(path: Path, labels: Labels, names: dict[int, int]) -> None:
    """The labels with other names, and nothing for those that have none."""
    from tifffile import imwrite

    ids, where = np.unique(labels, return_inverse=True)
    new = np.array([names.get(cell, 0) for cell in ids.tolist()], np.uint32)
    out = new[where].reshape(labels.shape)
    imwrite(path, out if new.max(initial=0) > np.iinfo(np.uint16).max else out.astype(np.uint16))
