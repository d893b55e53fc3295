"""What went wrong with which cell: split, merged, missed, invented.

A cell lies in another where more than half of its pixels do, so in one cell at most. The Cell
Tracking Challenge finds true cells, and merges of them, by that rule (Matula et al., PLOS ONE
2015, doi:10.1371/journal.pone.0144959); here it is used both ways, so that splits are found too.

    split      a true cell in which two or more predicted cells lie
    merged     a true cell that lies in a predicted cell together with another true cell
    missed     a true cell that is neither, and has no partner at IoU ≥ 0.5
    invented   a predicted cell without partner that is neither a fragment of a split cell nor
               holds merged ones

A cell with a poor outline on both sides is therefore missed and its prediction invented, as F1
counts it. A split or merged cell counts even where one fragment, or the whole, found its partner.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.assignment import best_pairs
from evaluation.overlap import Ints, Overlaps

MATCHED_FROM = 0.5  # IoU


@dataclass(frozen=True)
class Mistakes:
    """Ids of the true labels (split, merged, missed) and of the predicted ones (invented)."""

    split: Ints
    merged: Ints
    missed: Ints
    invented: Ints


def find_mistakes(overlaps: Overlaps) -> Mistakes:
    """Sorts every cell that is not simply right into its kinds of mistake."""
    true, pred = overlaps.true, overlaps.pred
    fragment = 2 * overlaps.shared > overlaps.pred_areas[pred]  # (K,) pred lies in true
    swallowed = 2 * overlaps.shared > overlaps.true_areas[true]  # (K,) true lies in pred
    split = np.bincount(true[fragment], minlength=len(overlaps.true_ids)) >= 2
    merging = np.bincount(pred[swallowed], minlength=len(overlaps.pred_ids)) >= 2
    matched = best_pairs(overlaps, MATCHED_FROM)
    merged = _marked(true[swallowed & merging[pred]], len(overlaps.true_ids))
    explained = _marked(pred[fragment & split[true]], len(overlaps.pred_ids)) | merging
    missed = ~(split | merged | _marked(true[matched], len(overlaps.true_ids)))
    invented = ~(explained | _marked(pred[matched], len(overlaps.pred_ids)))
    return Mistakes(
        overlaps.true_ids[split],
        overlaps.true_ids[merged],
        overlaps.true_ids[missed],
        overlaps.pred_ids[invented],
    )


def _marked(at: Ints, size: int) -> NDArray[np.bool_]:
    mask = np.zeros(size, bool)
    mask[at] = True
    return mask
