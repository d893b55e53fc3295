"""The sparse assignment against the dense one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.optimize import linear_sum_assignment

from evaluation.assignment import best_pairs
from evaluation.overlap import count_overlaps

PAIRS = arrays.arrays(
    np.int32, st.tuples(st.just(2), st.integers(1, 8), st.integers(1, 8)), elements=st.integers(0, 6)
)


def dense_best(iou: np.ndarray, threshold: float) -> tuple[int, float]:
    """Most pairs, then most IoU, by a dense assignment on pairs that reach the threshold."""
    good = iou >= threshold
    rows, columns = linear_sum_assignment(np.where(good, 1 + iou / 1000, 0), maximize=True)
    taken = good[rows, columns]
    return int(taken.sum()), float(iou[rows, columns][taken].sum())


@settings(deadline=None, max_examples=300)
@given(PAIRS, st.sampled_from([0.05, 0.1, 0.2, 0.25, 1 / 3, 0.5, 0.6, 1.0]))
def test_as_good_as_a_dense_assignment(pair: np.ndarray, threshold: float) -> None:
    """Below 0.5 a greedy choice loses pairs; one dense assignment over all cells can't."""
    table = count_overlaps(*pair)
    iou = np.zeros((max(len(table.true_ids), 1), max(len(table.pred_ids), 1)))
    iou[table.true, table.pred] = table.iou
    chosen = best_pairs(table, threshold)
    assert len(set(table.true[chosen])) == len(set(table.pred[chosen])) == len(chosen)
    assert (table.iou[chosen] >= threshold).all()
    pairs, total = dense_best(iou, threshold)
    assert len(chosen) == pairs
    assert table.iou[chosen].sum() == pytest.approx(total)


def test_equal_iou_tie_matches_once() -> None:
    """A prediction over two true cells of the same size has IoU exactly 0.5 with both: one match."""
    table = count_overlaps(np.array([[1, 1, 2, 2]]), np.array([[9, 9, 9, 9]]))
    assert table.iou.tolist() == [0.5, 0.5]
    assert len(best_pairs(table, 0.5)) == 1


def test_more_pairs_go_before_better_ones() -> None:
    """The best single pair must be given up where that makes two pairs instead of one."""
    true = np.array([[1] * 10 + [2] * 10])
    pred = np.array([[5] * 6 + [6] * 9 + [0] * 5])
    table = count_overlaps(true, pred)  # IoU: (1,5) .6, (1,6) 4/15, (2,6) 5/14
    assert len(best_pairs(table, 0.25)) == 2


@pytest.mark.parametrize("threshold", [0, -0.1, 1.01, float("nan")])
def test_threshold_out_of_range(threshold: float) -> None:
    """An IoU of 0 would match cells that never meet."""
    with pytest.raises(ValueError, match="threshold"):
        best_pairs(count_overlaps(np.ones((2, 2), int), np.ones((2, 2), int)), threshold)
