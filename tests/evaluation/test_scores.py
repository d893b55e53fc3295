"""Rows: what goes wrong with a file is a zero with a reason, never a gap."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evaluation.cases import Case
from evaluation.matching import match
from evaluation.measures import measure
from evaluation.overlap import count_overlaps
from evaluation.scores import Row, score_case


@pytest.fixture
def true(synthetic_field) -> np.ndarray:
    return synthetic_field(100, 120, 20, 4)[1]


def scored(folder: Path, true: np.ndarray | None, pred: np.ndarray | None) -> Row:
    paths = []
    for name, labels in (("true.npy", true), ("pred.npy", pred)):
        if labels is not None:
            np.save(folder / name, labels)
        paths.append(None if labels is None else folder / name)
    return score_case(Case("set", "a", *paths))


def test_a_good_pair(tmp_path: Path, true: np.ndarray) -> None:
    """The row holds what match and measure say of the two arrays."""
    pred = np.roll(true, 2, 0)
    row = scored(tmp_path, true, pred)
    assert (row.status, row.note, row.shape) == ("ok", "", (100, 120))
    assert row.organisers == match(true, pred)
    assert row.whole == match(true, pred, rule="global")
    assert row.measures == measure(count_overlaps(true, pred))
    assert (row.true_cells, row.pred_cells) == (len(np.unique(true)) - 1, len(np.unique(pred)) - 1)


def test_missing_prediction_misses_all_cells(tmp_path: Path, true: np.ndarray) -> None:
    """All cells count as missed, under each rule's own count."""
    row = scored(tmp_path, true, None)
    assert row.status == "missing"
    assert "no prediction" in row.note
    assert row.organisers == match(true, np.zeros_like(true))
    assert row.whole.fn == row.measures.missed == len(np.unique(true)) - 1
    assert row.organisers.f1 == row.whole.f1 == row.measures.panoptic == row.measures.dice == 0


def test_missing_prediction_of_an_empty_image_scores_nothing(tmp_path: Path) -> None:
    """Writing no file is not the same as finding no cell."""
    none = np.zeros((50, 50), int)
    assert scored(tmp_path, none, none).whole.f1 == 1
    assert scored(tmp_path, none, None).whole.f1 == 0


@pytest.mark.parametrize(
    ("pred", "words"),
    [
        (np.zeros((100, 119), int), "100 × 119 px, the true labels are 100 × 120"),
        (np.zeros((100, 120)), "float64"),
        (np.full((100, 120), -1), "below 0"),
        (np.zeros((2, 100, 120), int), "shape"),
    ],
)
def test_unusable_prediction_fails(tmp_path: Path, true: np.ndarray, pred: np.ndarray, words: str) -> None:
    """Size mismatch, float labels, ids below 0 and stacks: one line, and no score."""
    row = scored(tmp_path, true, pred)
    assert row.status == "failed"
    assert words in row.note
    assert "pred.npy" in row.note
    assert row.whole.fn == len(np.unique(true)) - 1
    assert row.organisers.f1 == row.whole.f1 == row.measures.kaggle == 0


def test_unusable_truth_fails(tmp_path: Path, true: np.ndarray) -> None:
    """Bad or absent true labels are the scorer's loss, and said; they count as 0 too."""
    for bad in (true.astype(float), -true, None):
        row = scored(tmp_path, bad, true)
        assert (row.status, row.shape, row.organisers.f1, row.whole.f1) == ("failed", (0, 0), 0, 0)
        assert row.note
