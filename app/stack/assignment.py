"""The best one-to-one pairing of the cells of two planes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .overlaps import Floats, Ints


def assign(first: Ints, second: Ints, weight: Floats) -> NDArray[np.bool_]:
    """Which of K candidate pairs are taken: no cell twice, and the largest sum of `weight` (above 0).

    Pairs whose cells have no other candidate are taken as they are; only the
    contested ones enter an assignment, whose size is theirs and not that of
    the planes.
    """
    _, row, row_count = np.unique(first, return_inverse=True, return_counts=True)
    _, column, column_count = np.unique(second, return_inverse=True, return_counts=True)
    taken: NDArray[np.bool_] = (row_count[row] == 1) & (column_count[column] == 1)
    contested = np.flatnonzero(~taken)
    if contested.size:
        taken[contested] = optimal(row[contested], column[contested], weight[contested])
    return taken


def optimal(first: Ints, second: Ints, weight: Floats) -> NDArray[np.bool_]:
    """The same where everything is contested, by a sparse linear assignment.

    The solver wants every row matched, so each also has a column of its own
    that stands for "alone"; a pair weighs `weight` more than that.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    rows, row = np.unique(first, return_inverse=True)
    columns, column = np.unique(second, return_inverse=True)
    own = np.arange(len(rows))
    weights = coo_array(
        (
            np.concatenate([1 + weight, np.ones(len(rows))]),
            (np.concatenate([row, own]), np.concatenate([column, len(columns) + own])),
        ),
        shape=(len(rows), len(columns) + len(rows)),
    ).tocsr()
    _, partner = min_weight_full_bipartite_matching(weights, maximize=True)
    taken: NDArray[np.bool_] = partner[row] == column
    return taken
