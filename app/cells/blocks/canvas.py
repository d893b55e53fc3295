"""Cells of many blocks become rows of final labels, from the top down.

Masks of different blocks never share a pixel, so they are simply written side
by side. A cell is closed, its holes filled and its final id given, once no
later block can add a cell that begins before it. That is the order of first
pixels, whatever the blocks were; rows leave as soon as all their cells are closed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..holes import fill_all
from ..ids import renumber_from
from ..jit import one_at_a_time
from ..masks import Masks
from .geometry import Block


class Canvas:
    """Label rows `top` to `top + len(rows)` of an image `width` px wide.

    Ids below `self.open_from` are final; those from there on belong to cells
    that are still open, and index the columns of the table less `open_from`.
    """

    def __init__(self, width: int, min_size: int) -> None:
        self.width, self.min_size = width, min_size
        self.top = 0
        self.rows = np.zeros((0, width), np.int32)
        self.open_from = 1
        self.boxes = np.zeros((0, 4), np.int64)  # y0, x0, y1, x1 in the whole image
        self.sizes = np.zeros(0, np.int32)
        self.firsts = np.zeros(0, np.int64)  # flat index of the first pixel in the whole image
        self.hollow = np.zeros(0, np.bool_)
        self.scores = np.zeros(0, np.float32)
        self.closed: list[NDArray[np.float32]] = []  # scores of cells with final ids, in order of ids

    def extend(self, bottom: int) -> None:
        """Makes room for the rows above `bottom`."""
        missing = bottom - self.top - len(self.rows)
        if missing > 0:
            self.rows = np.concatenate((self.rows, np.zeros((missing, self.width), np.int32)))

    def add(self, masks: Masks, outer: Block) -> None:
        """Writes the cells that a block owns; `outer` is the part that was tracked."""
        target = self.rows[outer.y0 - self.top : outer.y1 - self.top, outer.x0 : outer.x1]
        offset = self.open_from + len(self.sizes) - 1
        np.add(masks.labels, offset, out=target, where=masks.labels > 0)
        boxes = masks.boxes[1:] + np.array([outer.y0, outer.x0] * 2, np.int64)
        self.boxes = np.concatenate((self.boxes, boxes))
        self.sizes = np.concatenate((self.sizes, masks.sizes[1:]))
        self.hollow = np.concatenate((self.hollow, masks.hollow[1:]))
        self.scores = np.concatenate((self.scores, masks.scores[1:]))
        ys, xs = np.divmod(masks.firsts[1:], masks.labels.shape[1])
        self.firsts = np.concatenate((self.firsts, (ys + outer.y0) * self.width + xs + outer.x0))

    def release(self, quiet: int) -> NDArray[np.int32]:
        """The next final rows, `(h, W)` int32; no later block may write above row `quiet`."""
        waiting = self.boxes[:, 2] > quiet
        end = int(min(quiet, self.boxes[waiting, 0].min(initial=quiet)))
        self._close(end)
        out, self.rows = self.rows[: end - self.top].copy(), self.rows[end - self.top :].copy()
        self.top = end
        return out

    def _close(self, end: int) -> None:
        """Final ids for the cells that begin above row `end`."""
        order = np.argsort(self.firsts)
        self._renumber(np.argsort(order) + self.open_from)
        self._take(order)
        closing = int((self.boxes[:, 0] < end).sum())
        boxes = (self.boxes[:closing] - np.array([self.top, 0, self.top, 0])).astype(np.int32)
        with one_at_a_time:
            fill_all(self.rows, boxes, self.sizes, np.flatnonzero(self.hollow[:closing]), self.open_from)
        keep = self.sizes >= max(self.min_size, 1)
        keep[closing:] = True
        self._renumber(np.where(keep, np.cumsum(keep) + self.open_from - 1, 0))
        self.open_from += int(keep[:closing].sum())
        self.closed.append(self.scores[:closing][keep[:closing]])
        self._take(np.arange(closing, len(keep)))

    def _take(self, index: NDArray[np.int64]) -> None:
        """Keeps these rows of the table, in this order."""
        self.boxes, self.sizes = self.boxes[index], self.sizes[index]
        self.firsts, self.hollow = self.firsts[index], self.hollow[index]
        self.scores = self.scores[index]

    def _renumber(self, new: NDArray[np.int64]) -> None:
        with one_at_a_time:
            renumber_from(self.rows, self.open_from, new.astype(np.int32))
