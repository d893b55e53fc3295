"""Cells a few at a time, each of them whole, from rows that are read in bands.

    rows of the image          a group: the cells whose first row lies in a band, and
    ├──────────────────┤ top   the rows down to where the last of them ends; all other
    │  ▄▄   ▄▄▄        │       cells are blanked out. What is made of a cell in its
    │ ████  ██▀   ▄▄   │       group is what would be made of it in the whole image.
    ├──▀▀────────████──┤ band
    │            ▀▀    │
    └──────────────────┘

Ids follow the order of first pixels, so those of a group are consecutive. Memory grows with the width and
with the height of a band and of the tallest cell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .result import Result
from .rows import rows, spans


@dataclass(frozen=True)
class Group:
    """Some whole cells."""

    top: int  # the first of its rows in the image
    before: int  # added to a label of the group it is the cell's id
    labels: NDArray[np.int32]  # (h, W), 0 or 1..n


def groups(result: Result) -> Iterator[Group]:
    """All cells of an image, ids ascending; none where there is none."""
    boxes = result.extents.boxes
    ids = np.flatnonzero(boxes[:, 2])
    firsts = boxes[ids, 0]
    bands = list(spans(result.shape))
    if (np.diff(firsts) < 0).any():  # labels of another hand: only all of them together are consecutive
        bands = [(0, result.shape[0])]
    for y0, y1 in bands:
        here = ids[np.searchsorted(firsts, y0) : np.searchsorted(firsts, y1)]
        if not here.size:
            continue
        before, count = int(here[0]) - 1, int(here[-1] - here[0]) + 1
        top, bottom = int(boxes[here, 0].min()), int(boxes[here, 2].max())
        labels = rows(result.labels, top, bottom) - np.int32(before)
        labels[(labels < 0) | (labels > count)] = 0
        yield Group(top, before, labels)
