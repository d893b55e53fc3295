"""One correction: which pixels of the labels change, and to what.

A correction says places, not ids, so that it means the same after the cells were made anew with other
thresholds: "the cell here is none". With each place goes the size of the cell that was meant; where a cell of
another size lies there now, the correction has nothing to say and is passed over.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from ..errors import RequestError
from .cells import Box, Cells

Op = Literal["delete", "merge", "split", "draw"]
LEAST = {"delete": 1, "merge": 2, "split": 1, "draw": 3}  # points that say it
SMALLEST = 4  # px of a cell that is drawn or cut off
ALIKE = 2.0  # times larger or smaller, up to which a cell is taken for the one that was meant
Point = tuple[float, float]  # x, y in px of the image; 0, 0 is the upper left corner of its first pixel


@dataclass(frozen=True)
class Edit:
    """What a person did, as it stands in the journal."""

    op: Op
    points: tuple[Point, ...]  # in cells; one of `split` means its waist, more are a cut; an outline
    areas: tuple[int, ...] = ()  # px of the cells that were met, in the order of the points

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {"op": self.op, "points": self.points, "areas": self.areas}


@dataclass(frozen=True)
class Change:
    """Pixels of one box before and after; every cell that changes lies in it with all its pixels."""

    box: Box
    before: NDArray[np.int32]
    after: NDArray[np.int32]


def parse(body: Mapping[str, Any], shape: tuple[int, int], most: int) -> Edit:
    """An edit from a client; raises RequestError unless it is one, with `most` points inside the image."""
    op, points = body.get("op"), body.get("points")
    if not isinstance(op, str) or op not in LEAST:
        raise RequestError(f"op must be one of {', '.join(LEAST)}")
    if not isinstance(points, list) or not LEAST[op] <= len(points) <= most:
        raise RequestError(f"{op}: points must be {LEAST[op]} to {most} pairs [x, y]")
    height, width = shape
    parsed = []
    for point in points:
        if not (isinstance(point, list) and len(point) == 2 and all(map(is_number, point))):
            raise RequestError(f"{op}: points must be pairs [x, y] of numbers")
        x, y = point
        if op in ("draw", "split"):  # a hand slips over the edge
            x, y = min(max(x, 0), width - 1e-3), min(max(y, 0), height - 1e-3)
        if not (0 <= x < width and 0 <= y < height):
            raise RequestError(f"{op}: point {x:g}, {y:g} lies outside of the image, {width} × {height}")
        parsed.append((round(float(x), 2), round(float(y), 2)))
    return Edit(cast(Op, op), tuple(parsed))


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def meant(edit: Edit, cells: Cells) -> Edit:
    """The same with the sizes of the cells that it meets now."""
    return Edit(edit.op, edit.points, tuple(int(cells.sizes[cell]) for cell in targets(edit, cells)))


def targets(edit: Edit, cells: Cells) -> list[int]:
    """The cells that an edit speaks of, 0 where there is none: one a point, or the one that a cut crosses."""
    if edit.op == "draw":
        return []
    if edit.op == "split" and len(edit.points) > 1:
        ys, xs = line(edit.points)
        crossed = cells.labels[ys, xs]
        crossed = crossed[crossed > 0]
        return [int(np.bincount(crossed).argmax())] if crossed.size else [0]
    return [cells.at(x, y) for x, y in edit.points]


def change(edit: Edit, cells: Cells, *, new: int) -> Change:
    """What `edit` does to `cells`; ids of new cells begin with `new`. Raises RequestError."""
    if edit.op == "draw":
        return draw(edit, cells, new)
    ids = [
        cell if is_like(area, int(cells.sizes[cell])) else 0
        for cell, area in zip(targets(edit, cells), edit.areas, strict=True)
    ]
    ids = list(dict.fromkeys(cell for cell in ids if cell))
    if not ids:
        raise RequestError("there is no cell", 409)
    box = around([cells.boxes[cell] for cell in ids])
    before = cells.labels[box.inside].copy()
    if edit.op == "delete":
        return Change(box, before, np.where(np.isin(before, ids), 0, before))
    if edit.op == "merge":
        if len(ids) < 2:
            raise RequestError("only one cell is there; a merge needs two", 409)
        return Change(box, before, np.where(np.isin(before, ids), new, before))
    pieces = cut(before == ids[0], edit, box) if len(edit.points) > 1 else halves(before == ids[0])
    return Change(box, before, np.where(pieces > 0, pieces + (new - 1), before))


def is_like(area: int, other: int) -> bool:
    """Whether a cell of `other` px may be the one of `area` px."""
    return area > 0 and other > 0 and max(area, other) <= ALIKE * min(area, other)


def around(boxes: Sequence[NDArray[np.int32]]) -> Box:
    """The smallest box that holds them all."""
    lows, highs = np.min(boxes, axis=0), np.max(boxes, axis=0)
    return Box(int(lows[0]), int(lows[1]), int(highs[2]), int(highs[3]))


def draw(edit: Edit, cells: Cells, new: int) -> Change:
    """A new cell on the ground that is free inside of an outline: what others have stays theirs."""
    from skimage.draw import polygon

    xs, ys = np.array(edit.points).T
    height, width = cells.labels.shape
    box = Box(int(ys.min()), int(xs.min()), min(int(ys.max()) + 1, height), min(int(xs.max()) + 1, width))
    before = cells.labels[box.inside].copy()
    inside = np.zeros(before.shape, bool)
    # a pixel belongs to the outline where its centre, at + 0.5, does
    inside[polygon(ys - 0.5 - box.y0, xs - 0.5 - box.x0, before.shape)] = True
    free = largest_piece(inside & (before == 0))
    if np.count_nonzero(free) < SMALLEST:
        taken = np.count_nonzero(inside) >= SMALLEST
        why = "cells are there already; delete them first" if taken else "the outline is too small"
        raise RequestError(why, 409)
    return Change(box, before, np.where(free, new, before))


def cut(mask: NDArray[np.bool_], edit: Edit, box: Box) -> NDArray[np.int32]:
    """`mask` as pieces 1, 2, … on the sides of a line; the line's own pixels go to the nearest piece."""
    from scipy.ndimage import distance_transform_edt, label

    ys, xs = line(edit.points)
    ys, xs = ys - box.y0, xs - box.x0
    here = (ys >= 0) & (xs >= 0) & (ys < mask.shape[0]) & (xs < mask.shape[1])
    left = mask.copy()
    left[ys[here], xs[here]] = False
    pieces, count = label(left)
    sizes = np.bincount(pieces.ravel())
    large = [piece for piece in range(1, count + 1) if sizes[piece] >= SMALLEST]
    if len(large) < 2:
        raise RequestError("the cut does not go through the cell; begin and end outside of it", 409)
    order = np.zeros(count + 1, np.int32)
    order[large] = np.arange(1, len(large) + 1)
    kept = order[pieces]
    nearest = distance_transform_edt(kept == 0, return_distances=False, return_indices=True)
    return np.where(mask, kept[tuple(nearest)], 0).astype(np.int32)


def halves(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """`mask` as pieces 1 and 2, parted at the waist: a watershed from its two thickest places far apart."""
    from scipy.ndimage import distance_transform_edt, gaussian_filter
    from skimage.segmentation import watershed

    padded = np.pad(mask, 1)  # the box's frame is a rim, too
    depth = gaussian_filter(distance_transform_edt(padded), 1) * padded
    ys, xs = np.nonzero(padded)
    if len(ys) < 2 * SMALLEST:
        raise RequestError("the cell is too small to be split", 409)
    marks = np.zeros(padded.shape, np.int32)
    first, second = two_seeds(ys, xs, depth[ys, xs])
    marks[first], marks[second] = 1, 2
    pieces: NDArray[np.int32] = watershed(-depth, marks, mask=padded)[1:-1, 1:-1].astype(np.int32)
    return pieces


def two_seeds(
    ys: NDArray[np.intp], xs: NDArray[np.intp], depth: NDArray[np.float64]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """The deepest pixel, and the one for which depth and distance from it are together largest."""
    a = int(depth.argmax())
    apart = np.hypot(ys - ys[a], xs - xs[a])
    b = int((depth * np.maximum(apart - depth[a], 0)).argmax())
    if apart[b] <= 1:  # a disc: its two ends
        b = int(apart.argmax())
        a = int(np.hypot(ys - ys[b], xs - xs[b]).argmax())
    return (int(ys[a]), int(xs[a])), (int(ys[b]), int(xs[b]))


def line(points: Sequence[Point]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the pixels on a line through `points`, without gaps at its corners."""
    from skimage.draw import line as segment

    ys, xs = [], []
    for (x0, y0), (x1, y1) in pairwise(points):
        rows, columns = segment(int(y0), int(x0), int(y1), int(x1))
        ys.append(rows)
        xs.append(columns)
    return np.concatenate(ys), np.concatenate(xs)


def largest_piece(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Its largest connected piece: a cell that others cut in two would be one id in two places."""
    from scipy.ndimage import label

    pieces, count = label(mask)
    if count < 2:
        return mask
    piece: NDArray[np.bool_] = pieces == np.bincount(pieces.ravel())[1:].argmax() + 1
    return piece
