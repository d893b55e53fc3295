"""Which cell of one plane shares how many pixels with which cell of another: a list of pairs, never N × M."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int32]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Overlaps:
    """The K pairs of cells of two planes that share a pixel."""

    first: Ints  # (K,) ids in the one plane, from 1
    second: Ints  # (K,) ids in the other
    shared: Ints  # (K,) px

    def iou(self, first_areas: Ints, second_areas: Ints) -> Floats:
        """(K,) intersection over union in (0, 1]; the areas are `areas` of the two planes."""
        iou: Floats = self.shared / (first_areas[self.first] + second_areas[self.second] - self.shared)
        return iou


def areas(labels: Labels) -> Ints:
    """`(N + 1,)` pixels of each id of `(H, W)` labels; those of the background count 0."""
    found = np.bincount(labels.ravel(), minlength=1)
    found[0] = 0
    return found


def overlaps(first: Labels, second: Labels) -> Overlaps:
    """The pairs that share pixels in two planes `(H, W)`; raises ValueError where their sizes differ."""
    if first.shape != second.shape:
        raise ValueError(f"planes differ in size: {first.shape} and {second.shape}")
    both = (first > 0) & (second > 0)
    base = int(second.max(initial=0)) + 1
    pairs, shared = np.unique(first[both].astype(np.int64) * base + second[both], return_counts=True)
    return Overlaps(*np.divmod(pairs, base), shared)
