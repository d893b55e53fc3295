"""The best one-to-one pairing of true and predicted cells at an IoU threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from evaluation.overlap import Ints, Overlaps


def best_pairs(overlaps: Overlaps, threshold: float) -> Ints:
    """Indices, ascending, of the pairs of `overlaps` that are matched with IoU ≥ `threshold`.

    As many pairs as possible, and among equally many the largest sum of IoU. Above an IoU of
    0.5 no cell is in two pairs, so nothing has to be chosen; at and below it only the contested
    cells enter an assignment, which sees nothing but pairs that overlap.
    Raises ValueError unless 0 < threshold ≤ 1.
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"IoU threshold {threshold}: it must be above 0 and at most 1")
    iou = overlaps.iou
    candidates = np.flatnonzero(iou >= threshold)
    true, pred = overlaps.true[candidates], overlaps.pred[candidates]
    alone = (np.bincount(true)[true] == 1) & (np.bincount(pred)[pred] == 1)
    contested = candidates[~alone]
    chosen = _assign(overlaps.true[contested], overlaps.pred[contested], iou[contested])
    return np.sort(np.concatenate([candidates[alone], contested[chosen]]))


def _assign(true: Ints, pred: Ints, iou: NDArray[np.float64]) -> Ints:
    """Indices of the pairs to keep, by a sparse linear assignment (Jonker-Volgenant).

    The solver wants every row matched, so each true cell may also take a column of its own that
    stands for "unmatched". A pair weighs one more than that, plus its IoU scaled down so far that
    the sum of all of them stays below 1: the number of pairs goes first, IoU only breaks ties.
    """
    if len(true) == 0:
        return np.zeros(0, np.int64)
    rows, row = np.unique(true, return_inverse=True)
    columns, column = np.unique(pred, return_inverse=True)
    own = np.arange(len(rows))
    weights = coo_array(
        (
            np.concatenate([2 + iou / (2 * len(rows)), np.ones(len(rows))]),
            (np.concatenate([row, own]), np.concatenate([column, len(columns) + own])),
        ),
        shape=(len(rows), len(columns) + len(rows)),
    ).tocsr()
    _, taken = min_weight_full_bipartite_matching(weights, maximize=True)
    return np.flatnonzero(taken[row] == column)
