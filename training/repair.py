"""Broken masks in a label image: found, counted and mended.

    hole       background that one cell encloses: filled
    nested     a cell that lies wholly inside another, where two drawings overlapped: a speck joins the
               other, a larger one stays and is only counted
    fragment   a part that hangs together with no other of its id: a speck goes to the cell that it
               touches most, or to the background; a larger one is a cell of its own
    bridge     one pixel's width between two bodies of one id: the bodies become cells

A network can find none of these as they are drawn: each of its cells is one
piece without holes.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int32]
Mask = NDArray[np.bool_]

SPECK = 0.1  # of the area of the cell beside it: a smaller part is a slip of the hand, not a cell
BODY = 0.2  # of a cell's area, that each body beside a bridge has at least
LEAST_BODY = 16  # px; thinner cells have no bodies that a bridge could join
AROUND = np.ones((3, 3), np.bool_)
SQUARE = np.ones((2, 2), np.bool_)


@dataclass(frozen=True)
class Faults:
    """How many of each were found in one label image, before anything was mended."""

    holes: int = 0
    nested: int = 0
    fragments: int = 0
    bridges: int = 0

    def __add__(self, other: Faults) -> Faults:
        return Faults(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def __bool__(self) -> bool:
        return any(getattr(self, f.name) for f in fields(self))


def mend(labels: Labels) -> tuple[Labels, Faults]:
    """`(H, W)` labels, 0 background → mended labels, and what was found; new cells get new ids at the end.

    Holes come first, since a filled cell has fewer bridges; then fragments, then bridges.
    """
    labels = labels.copy()
    found = fill(labels)
    found += Faults(fragments=part(labels))
    bridges = cut(labels)
    while part(labels):  # what lies about a bridge may be cut in two, and a speck may part another cell
        pass
    return labels, found + Faults(bridges=bridges)


def fill(labels: Labels) -> Faults:
    """Fills in place the holes of each cell, and specks of cells inside it."""
    from scipy.ndimage import binary_fill_holes, label

    holes = nested = 0
    areas = np.bincount(labels.ravel())
    for cell, at in boxes(labels):
        piece = labels[at]
        mask = piece == cell
        inside = binary_fill_holes(mask) & ~mask
        if not inside.any():
            continue
        gaps, count = label(inside)
        for gap in range(1, count + 1):
            here = gaps == gap
            others = np.unique(piece[here & (piece > 0)])
            holes += not len(others)
            nested += len(others)
            if all(areas[other] < SPECK * areas[cell] for other in others):
                piece[here] = cell
    return Faults(holes=holes, nested=nested)


def part(labels: Labels) -> int:
    """Gives in place each part of an id but its largest to a neighbour, the background or a new id."""
    from scipy.ndimage import label

    count, new = 0, int(labels.max()) + 1
    for cell, at in boxes(labels):
        piece = labels[at]
        parts, number = label(piece == cell, AROUND)
        if number < 2:
            continue
        areas = np.bincount(parts.ravel())[1:]
        for i in np.flatnonzero(np.arange(number) != areas.argmax()):
            here = parts == i + 1
            count += 1
            if areas[i] < max(SPECK * areas.max(), LEAST_BODY):
                piece[here] = neighbour(piece, here)
            else:
                piece[here] = new
                new += 1
    return count


def cut(labels: Labels) -> int:
    """Gives in place each body beyond a bridge a new id; the bridge goes to the body nearest to it."""
    from scipy.ndimage import binary_opening, distance_transform_edt, label

    count, new = 0, int(labels.max()) + 1
    for cell, at in boxes(labels):
        piece = labels[at]
        mask = piece == cell
        area = int(mask.sum())
        if area < 2 * LEAST_BODY:
            continue
        # what holds a square of 2 px is body; bodies that touch at a corner are joined by one pixel, too
        bodies, number = label(binary_opening(mask, SQUARE))
        areas = np.bincount(bodies.ravel())
        large = [i for i in range(1, number + 1) if areas[i] >= max(BODY * area, LEAST_BODY)]
        if len(large) < 2:
            continue
        count += len(large) - 1
        bodies[~np.isin(bodies, large)] = 0
        nearest = distance_transform_edt(bodies == 0, return_distances=False, return_indices=True)
        owner = bodies[tuple(nearest)]
        for body in large[1:]:
            piece[mask & (owner == body)] = new
            new += 1
    return count


def boxes(labels: Labels) -> list[tuple[int, tuple[slice, slice]]]:
    """Each id with its box, a pixel wider on every side where there is one."""
    from scipy.ndimage import find_objects

    return [
        (cell, (wider(box[0]), wider(box[1])))
        for cell, box in enumerate(find_objects(labels), 1)
        if box is not None
    ]


def wider(side: slice) -> slice:
    """One more at both ends."""
    return slice(max(side.start - 1, 0), side.stop + 1)


def neighbour(piece: Labels, here: Mask) -> int:
    """The cell that a part touches with more than half of its border, 0 where there is none."""
    from scipy.ndimage import binary_dilation

    border = piece[binary_dilation(here, AROUND) & ~here]
    counts = np.bincount(border[border >= 0]) if border.size else np.zeros(1, np.int64)
    most = int(counts.argmax())
    return most if 2 * counts[most] > border.size else 0
