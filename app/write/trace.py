"""Labels to exact polygons along the pixel edges, valid by construction.

A label may lie in several pieces. Each 4-connected piece becomes one polygon, a
shell and its holes. Corners are whole numbers: pixel (y, x) covers y..y + 1 by
x..x + 1, and filling the polygons gives the labels back.

    ┌──────►──┐   Edges are walked with the piece on the right, so shells run
    │ ┌─◄──┐  │   clockwise on a screen (y down) and holes run against it. Where
    │ │hole│  │   two pixels of a piece meet by their tips only, the walk stays
    │ └──►─┘  ▼   with its pixel and passes the same corner again later; the loop
    └─────◄───┘   is cut there in two, which makes every ring simple.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..cells.jit import serial

Ring = NDArray[np.int32]  # (V, 2), x and y of the corners; the first is not repeated
Pixel = tuple[int, int]  # y, x


@dataclass(frozen=True)
class Polygon:
    """One 4-connected piece of a cell."""

    shell: Ring
    holes: tuple[Ring, ...]


def trace(labels: NDArray[np.int32], top: int = 0) -> dict[int, list[Polygon]]:
    """`(h, W)` labels, 0 background → the polygons of each id, ids ascending.

    The labels begin at row `top` of the image in which corners are counted.
    """
    corners, ends, starts, is_hole = trace_rings(np.pad(labels, 1))
    corners[:, 1] += top
    # per id its shells and its holes, each with a pixel of the piece that it belongs to
    shells: dict[int, list[tuple[Pixel, Ring]]] = {}
    holes: dict[int, list[tuple[Pixel, Ring]]] = {}
    ids = labels[starts[:, 0], starts[:, 1]].tolist()
    at = 0
    for end, cell, (y, x), hole in zip(ends.tolist(), ids, starts.tolist(), is_hole.tolist(), strict=True):
        (holes if hole else shells).setdefault(cell, []).append(((y, x), corners[at:end]))
        at = end
    cells = {}
    for cell in sorted(shells):
        own, inner = shells[cell], holes.get(cell, [])
        if len(own) > 1 and inner:
            cells[cell] = sorted_out(labels, top, cell, own, inner)
        else:
            cells[cell] = [Polygon(shell, tuple(ring for _, ring in inner)) for _, shell in own]
    return cells


def sorted_out(
    labels: NDArray[np.int32],
    top: int,
    cell: int,
    shells: list[tuple[Pixel, Ring]],
    holes: list[tuple[Pixel, Ring]],
) -> list[Polygon]:
    """The polygons of a cell in several pieces, some of them with holes."""
    from skimage.measure import label

    corners = np.concatenate([shell for _, shell in shells])
    (x0, y0), (x1, y1) = corners.min(axis=0) - (0, top), corners.max(axis=0) - (0, top)
    pieces = label(labels[y0:y1, x0:x1] == cell, connectivity=1)
    inside: dict[int, list[Ring]] = {}
    for (y, x), hole in holes:
        inside.setdefault(int(pieces[y - y0, x - x0]), []).append(hole)
    return [Polygon(shell, tuple(inside.get(int(pieces[y - y0, x - x0]), ()))) for (y, x), shell in shells]


@serial
def trace_rings(pieces):  # type: ignore[no-untyped-def]
    """Every ring of `pieces`, int32 labels framed by one pixel of 0; pieces of one label share no ring.

    Returns corners `(V, 2)` int32 (x, y) of all rings one after another, the
    end of each ring in them `(R,)`, a pixel (y, x) of its piece `(R, 2)`, and
    whether it is a hole `(R,)`; coordinates count without the frame.
    """
    height, width = pieces.shape
    walked = np.zeros((height, width), np.bool_)  # the edge above this pixel is part of a ring
    corners, count = np.empty((1024, 2), np.int32), 0
    ends, rings = np.empty(256, np.int64), 0
    starts = np.empty((256, 2), np.int32)
    is_hole = np.empty(256, np.bool_)
    for y in range(1, height - 1):
        for x in range(1, width - 1):
            piece = pieces[y, x]
            if piece == 0 or pieces[y - 1, x] == piece or walked[y, x]:
                continue
            loop, loop_ends = cut(*walk(pieces, walked, y, x))
            while count + len(loop) > len(corners):
                corners = doubled(corners)
            while rings + len(loop_ends) > len(ends):
                ends, starts, is_hole = doubled(ends), doubled(starts), doubled(is_hole)
            begin = 0
            for end in loop_ends:
                ends[rings], is_hole[rings] = count + end, turns_back(loop[begin:end])
                starts[rings, 0], starts[rings, 1] = y - 1, x - 1
                rings += 1
                begin = end
            corners[count : count + len(loop)] = loop - 1
            count += len(loop)
    return corners[:count], ends[:rings], starts[:rings], is_hole[:rings]


@serial
def doubled(array):  # type: ignore[no-untyped-def]
    """`array` with as much room again behind it."""
    return np.concatenate((array, np.empty_like(array)))


@serial
def walk(pieces, walked, y, x):  # type: ignore[no-untyped-def]
    """The loop that begins with the edge above pixel (y, x): its corners (x, y), and which are tips.

    A tip is a corner where pixels of the piece meet diagonally and the loop may pass again.
    """
    piece = pieces[y, x]
    loop, tips, count = np.empty((16, 2), np.int32), np.zeros(16, np.bool_), 0
    # (dy, dx): the way; the walk stands at corner (cy, cx), which is the upper left of pixel (cy, cx)
    cy, cx, dy, dx = y, x, 0, 1
    while True:
        if dx == 1:
            walked[cy, cx] = True
        cy, cx = cy + dy, cx + dx
        # the two pixels beyond the corner, beside the way: (dy, dx) turned right is (dx, -dy)
        right = pieces[cy + (dy + dx - 1) // 2, cx + (dx - dy - 1) // 2] == piece
        left = pieces[cy + (dy - dx - 1) // 2, cx + (dx + dy - 1) // 2] == piece
        if left or not right:
            if count == len(loop):
                loop = np.concatenate((loop, np.empty_like(loop)))
                tips = np.concatenate((tips, np.zeros_like(tips)))
            loop[count, 0], loop[count, 1] = cx, cy
            tips[count] = left and not right
            count += 1
            if right:
                dy, dx = -dx, dy
            else:
                dy, dx = dx, -dy
        if cy == y and cx == x and dy == 0 and dx == 1:
            return loop[:count], tips[:count]


@serial
def cut(loop, tips):  # type: ignore[no-untyped-def]
    """A loop `(V, 2)` cut at each tip that it passes twice: its corners ring by ring, and the ends."""
    if not tips.any():
        return loop, np.array([len(loop)])
    rings, count = np.empty_like(loop), 0
    ends, found = np.empty(len(loop), np.int64), 0
    waiting, size = np.empty_like(loop), 0  # corners of the rings that are still open
    places, tips_open = np.empty(len(loop), np.int64), 0  # where in `waiting` tips stand
    for i in range(len(loop)):
        if tips[i]:
            for k in range(tips_open):
                begin = places[k]
                if waiting[begin, 0] == loop[i, 0] and waiting[begin, 1] == loop[i, 1]:
                    rings[count : count + size - begin] = waiting[begin:size]
                    count += size - begin
                    ends[found] = count
                    found += 1
                    size, tips_open = begin, k
                    break
            places[tips_open] = size
            tips_open += 1
        waiting[size] = loop[i]
        size += 1
    rings[count:] = waiting[:size]
    ends[found] = len(loop)
    return rings, ends[: found + 1]


@serial
def turns_back(ring):  # type: ignore[no-untyped-def]
    """Whether the `(V, 2)` corners (x, y) run against the clock of a screen: twice the area is negative."""
    area = 0
    for i in range(len(ring)):
        area += np.int64(ring[i - 1, 0]) * ring[i, 1] - np.int64(ring[i, 0]) * ring[i - 1, 1]
    return area < 0
