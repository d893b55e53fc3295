"""Planes of a volume, labelled one by one, joined to cells that go through z."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..settings import Linking
from .assignment import assign
from .overlaps import Ints, Labels, areas, overlaps


@dataclass
class Below:
    """A plane that was given out, as long as later ones may go on from it."""

    labels: Labels  # (H, W), its own ids
    areas: Ints  # (N + 1,) px
    ids: NDArray[np.int32]  # (N + 1,) own id → id in the stack
    ended: NDArray[np.bool_]  # (N + 1,) not gone on with yet


def link_planes(planes: Iterable[Labels], linking: Linking) -> Iterator[Labels]:
    """The same planes `(H, W)`, plane by plane, with ids 1..N that are unique in the stack.

    A cell goes on in the next plane where their IoU is at least
    `linking.stitch`; of several ways to pair the cells of two planes the one
    with the largest sum of IoU is taken. What ends in a plane may go on after
    `linking.bridge` planes without it, if nothing nearer takes its place. Only
    ids change: nothing is drawn into the planes that were bridged.
    Raises ValueError where planes differ in size.
    """
    below: list[Below] = []  # the nearest plane first
    count = 0
    for labels in planes:
        here = Below(labels, areas(labels), *fresh(int(labels.max(initial=0))))
        for plane in below:
            go_on(plane, here, linking.stitch)
        new = (here.ids == 0) & (here.areas > 0)
        here.ids[new] = np.arange(count + 1, count + 1 + np.count_nonzero(new))
        count += int(np.count_nonzero(new))
        below = [here, *below][: linking.bridge + 1]
        yield here.ids[labels]


def fresh(cells: int) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """No id in the stack yet, and all open to go on, for ids 0..`cells` of a plane."""
    return np.zeros(cells + 1, np.int32), np.ones(cells + 1, np.bool_)


def go_on(below: Below, here: Below, stitch: float) -> None:
    """Gives cells of `here` that have no id yet those of cells that ended in `below`."""
    pairs = overlaps(below.labels, here.labels)
    iou = pairs.iou(below.areas, here.areas)
    fit = (iou >= stitch) & below.ended[pairs.first] & (here.ids[pairs.second] == 0)
    first, second = pairs.first[fit], pairs.second[fit]
    taken = assign(first, second, iou[fit])
    here.ids[second[taken]] = below.ids[first[taken]]
    below.ended[first[taken]] = False
