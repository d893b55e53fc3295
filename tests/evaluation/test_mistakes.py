"""Kinds of mistake, each drawn by hand."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation.assignment import best_pairs
from evaluation.mistakes import find_mistakes
from evaluation.overlap import count_overlaps


def kinds(true: list[int], pred: list[int]) -> tuple[list[int], list[int], list[int], list[int]]:
    found = find_mistakes(count_overlaps(np.array([true]), np.array([pred])))
    return found.split.tolist(), found.merged.tolist(), found.missed.tolist(), found.invented.tolist()


def test_right_cells_are_no_mistake() -> None:
    """Ids and order don't matter, overlap does."""
    assert kinds([1, 1, 0, 2, 2], [7, 7, 0, 4, 4]) == ([], [], [], [])


def test_missed_and_invented() -> None:
    """A cell without prediction, and a prediction on background."""
    assert kinds([1, 1, 0, 0], [0, 0, 0, 5]) == ([], [], [1], [5])


def test_poor_outline_is_missed_and_invented() -> None:
    """An overlap below the threshold that explains nothing counts on both sides, as in F1."""
    assert kinds([1, 1, 1, 1, 0, 0, 0, 0], [0, 0, 0, 5, 5, 5, 5, 5]) == ([], [], [1], [5])


def test_split() -> None:
    """Two halves of one true cell: the cell is split, its halves are not invented."""
    assert kinds([3, 3, 3, 3], [1, 1, 2, 2]) == ([3], [], [], [])
    assert kinds([3] * 10, [1] * 8 + [2] * 2) == ([3], [], [], [])  # 1 is a match, 2 a fragment


def test_merged() -> None:
    """One prediction over two true cells: both are merged, none is missed, nothing is invented."""
    assert kinds([3, 3, 4, 4], [1, 1, 1, 1]) == ([], [3, 4], [], [])


def test_graze_is_no_merge() -> None:
    """A prediction that covers less than half of a neighbour has not swallowed it."""
    assert kinds([3] * 10 + [4] * 5, [1] * 12 + [0] * 3) == ([], [], [4], [])


@pytest.mark.parametrize("seed", range(5))
def test_every_unmatched_cell_is_explained(synthetic_field, seed: int) -> None:
    """No false negative may be without a kind, and none may be missed and matched."""
    _, true = synthetic_field(120, 120, 40, seed)
    _, pred = synthetic_field(120, 120, 40, seed + 20)
    overlaps = count_overlaps(true, pred)
    matched = set(overlaps.true_ids[overlaps.true[best_pairs(overlaps, 0.5)]].tolist())
    found = find_mistakes(overlaps)
    assert set(found.missed) & matched == set()
    wrong = set(found.missed) | set(found.split) | set(found.merged)
    assert wrong | matched == set(overlaps.true_ids.tolist())
