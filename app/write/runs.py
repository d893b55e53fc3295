"""Cells as runs of pixels down the columns, the order in which COCO and Kaggle count.

    flat index = column × height + row      a run is (start, length); one that reaches the
    ┌─0─3─6─┐                               last row and goes on at the top of the next
    │ 1 4 7 │  height 3                     column is one run, as both formats want it
    └─2─5─8─┘

Masks of whole images, cell by cell, as `pycocotools.mask.encode` takes them, would cost cells × pixels;
the runs of all cells together come from one look at each pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..cells.jit import serial

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Runs:
    """The runs of N cells, ids ascending; those of cell i are `starts[ends[i - 1]:ends[i]]`, ascending."""

    shape: tuple[int, int]  # of the image
    ids: Ints  # (N,)
    ends: Ints  # (N,), in the two below
    starts: Ints  # (R,), flat, from 0
    lengths: Ints  # (R,), pixels
    areas: Ints  # (N,), pixels
    boxes: Ints  # (N, 4): x, y, width, height in pixels

    def of(self, index: int) -> tuple[Ints, Ints]:
        """Starts and lengths of the cell at `index`."""
        inside = slice(self.ends[index - 1] if index else 0, self.ends[index])
        return self.starts[inside], self.lengths[inside]


def column_runs(labels: NDArray[np.int32], top: int = 0, height: int | None = None) -> Runs:
    """`(h, W)` labels, 0 background → the runs of every id that occurs.

    The labels begin at row `top` of an image of `height` rows; without one they are the image.
    """
    shape = height or labels.shape[0], labels.shape[1]
    cells, starts, lengths = scan(labels, top, shape[0])
    order = np.lexsort((starts, cells))
    cells, starts, lengths = cells[order], starts[order], lengths[order]
    ids, firsts = np.unique(cells, return_index=True)
    if not ids.size:
        return Runs(shape, firsts, firsts, starts, lengths, firsts, np.zeros((0, 4), np.int64))
    columns, rows = np.divmod(starts, shape[0])
    left, upper = np.minimum.reduceat(columns, firsts), np.minimum.reduceat(rows, firsts)
    right = np.maximum.reduceat(columns, firsts) + 1
    lower = np.maximum.reduceat(rows + lengths, firsts)
    areas = np.add.reduceat(lengths, firsts)
    # runs that abut over the end of a column become one, now that the boxes are known
    begins = np.ones(len(starts), bool)
    begins[1:] = (cells[1:] != cells[:-1]) | (starts[1:] != starts[:-1] + lengths[:-1])
    kept = np.flatnonzero(begins)
    ends = np.append(np.searchsorted(kept, firsts)[1:], len(kept))
    boxes = np.stack([left, upper, right - left, lower - upper], axis=1)
    return Runs(shape, ids.astype(np.int64), ends, starts[kept], np.add.reduceat(lengths, kept), areas, boxes)


@serial
def scan(labels, top, height):  # type: ignore[no-untyped-def]
    """Every run within one column of `(h, W)` labels: ids, flat starts and lengths, ordered by their ends.

    Starts are those in an image of `height` rows, whose row `top` is the labels' first. Rows are
    walked, and what is open in each column is remembered, since memory lies that way.
    """
    rows, width = labels.shape
    cells, starts, lengths = np.empty(1024, np.int32), np.empty(1024, np.int64), np.empty(1024, np.int64)
    count = 0
    begun = np.zeros(width, np.int64)  # the row from which the column has held its present id
    for y in range(rows + 1):
        for x in range(width):
            above = labels[y - 1, x] if y > 0 else 0
            here = labels[y, x] if y < rows else 0
            if here == above:
                continue
            if above > 0:
                if count == len(cells):
                    cells = np.concatenate((cells, np.empty_like(cells)))
                    starts = np.concatenate((starts, np.empty_like(starts)))
                    lengths = np.concatenate((lengths, np.empty_like(lengths)))
                cells[count], starts[count], lengths[count] = above, x * height + top + begun[x], y - begun[x]
                count += 1
            begun[x] = y
    return cells[:count], starts[:count], lengths[:count]


def compressed(runs: Runs) -> list[str]:
    """The `counts` of COCO's compressed run-length encoding, one text per cell.

    They are what `pycocotools.mask.encode` makes of the cell's mask.
    """
    pixels = runs.shape[0] * runs.shape[1]
    data, ends = count_texts(runs.ends, runs.starts, runs.lengths, pixels)
    text = data.tobytes().decode("ascii")
    return [text[begin:end] for begin, end in zip([0, *ends[:-1].tolist()], ends.tolist(), strict=False)]


@serial
def count_texts(ends, starts, lengths, pixels):  # type: ignore[no-untyped-def]
    """ASCII of all cells' counts one after another, uint8, and each cell's end in it `(N,)`.

    Counts of background and cell alternate, background first; from the fourth on their difference
    to the last but one is stored, five bits a letter, the lowest first, bit six where more follow.
    """
    # a cell's counts are twice its runs and one; pixels < 2^45 leave no number longer than ten letters
    text = np.empty(10 * (2 * len(starts) + len(ends)), np.uint8)
    size, first = 0, 0
    text_ends = np.empty(len(ends), np.int64)
    for cell in range(len(ends)):
        at, last, last_but_one = 0, 0, 0  # flat index; the two counts before
        total = 2 * (ends[cell] - first) + 1
        for k in range(total):
            run = first + k // 2
            if k == total - 1:
                count = pixels - at
                if count == 0:
                    break
            else:
                count = starts[run] - at if k % 2 == 0 else lengths[run]
            at += count
            left = count - last_but_one if k > 2 else count
            last_but_one, last = last, count
            more = True
            while more:
                letter = left & 31
                left >>= 5
                more = left != (-1 if letter & 16 else 0)
                text[size] = letter + 48 + (32 if more else 0)
                size += 1
        first = ends[cell]
        text_ends[cell] = size
    return text[:size], text_ends
