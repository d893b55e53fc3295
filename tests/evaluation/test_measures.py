"""Each measure against a hand count and, where it is installed, cellpose.metrics."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from evaluation.matching import Match, match
from evaluation.measures import (
    AP_RANGE,
    CURVE,
    average_precision,
    foreground,
    kaggle_precision,
    measure,
    worst,
)
from evaluation.overlap import count_overlaps


@pytest.fixture(params=range(4))
def pair(request: pytest.FixtureRequest, synthetic_field) -> tuple[np.ndarray, np.ndarray]:
    """True labels and the same shifted, with cells missing, invented and merged."""
    _, true = synthetic_field(160, 200, 40, request.param)
    _, other = synthetic_field(160, 200, 6, request.param + 50)
    pred = np.where((true == 0) & (other > 0), other + 100, np.roll(true, request.param, 0))
    pred[pred == 3] = 4
    pred[pred == 7] = 0
    _, consecutive = np.unique(pred, return_inverse=True)
    return true, consecutive.reshape(pred.shape).astype(np.int32)


def test_agrees_with_cellpose(pair: tuple[np.ndarray, np.ndarray]) -> None:
    """An independent library must find the same counts and AP at every threshold."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        metrics = pytest.importorskip("cellpose.metrics", reason="cellpose is not installed")
    true, pred = pair
    ap, tp, fp, fn = metrics.average_precision(true, pred, list(CURVE))
    measures = measure(count_overlaps(true, pred))
    assert [(m.tp, m.fp, m.fn) for m in measures.curve] == list(zip(tp, fp, fn, strict=True))
    np.testing.assert_allclose([average_precision(m) for m in measures.curve], ap, rtol=1e-6)
    iou, _ = metrics.mask_ious(true, pred)
    matched = iou[iou > 0.5]
    cells = true.max() + pred.max()
    assert measures.panoptic == pytest.approx(matched.sum() / (cells / 2))
    assert measures.segmentation == pytest.approx(matched.mean())


def test_curve_is_the_global_rule_at_each_threshold(pair: tuple[np.ndarray, np.ndarray]) -> None:
    """The curve and `match` are two ways to the same counts."""
    measures = measure(count_overlaps(*pair))
    for iou in (0.25, 0.5, 0.75, 0.95):
        assert measures.at(iou) == match(*pair, iou=iou, rule="global")
    assert set(AP_RANGE) <= set(CURVE)


def test_foreground_by_hand(pair: tuple[np.ndarray, np.ndarray]) -> None:
    """Dice and IoU of the two foregrounds, counted on masks."""
    true, pred = (labels > 0 for labels in pair)
    dice, iou = foreground(count_overlaps(*pair))
    assert dice == 2 * (true & pred).sum() / (true.sum() + pred.sum())
    assert iou == (true & pred).sum() / (true | pred).sum()


def test_kaggle_asks_for_more_than_the_threshold() -> None:
    """At an IoU of exactly 0.75, AP at 0.75 has the hit and Kaggle's precision has not."""
    true = np.array([[1, 1, 1, 1]])
    pred = np.array([[1, 1, 1, 0]])
    overlaps = count_overlaps(true, pred)
    assert average_precision(measure(overlaps).at(0.75)) == 1
    assert kaggle_precision(overlaps) == pytest.approx(5 / 10)  # 0.5 … 0.7


def test_kaggle_by_hand() -> None:
    """Two cells, one hit with IoU 0.8 and one missed, one invented: 1/3 at the 6 lower thresholds."""
    true = np.array([[1] * 10 + [0] * 5 + [2] * 5])
    pred = np.array([[1] * 8 + [0] * 3 + [3] * 4 + [0] * 5])
    assert kaggle_precision(count_overlaps(true, pred)) == pytest.approx(6 / 10 / 3)


def test_panoptic_by_hand() -> None:
    """One match with IoU 0.8, one missed, one invented: SQ 0.8, RQ 1 / (1 + ½ + ½)."""
    true = np.array([[1] * 10 + [0] * 5 + [2] * 5])
    pred = np.array([[1] * 8 + [0] * 3 + [3] * 4 + [0] * 5])
    measures = measure(count_overlaps(true, pred))
    assert (measures.segmentation, measures.recognition, measures.panoptic) == (0.8, 0.5, 0.4)


def test_panoptic_needs_more_than_half() -> None:
    """A pair at exactly 0.5 counts for F1 at 0.5 but not for panoptic quality."""
    measures = measure(count_overlaps(np.array([[1, 1]]), np.array([[1, 0]])))
    assert measures.at(0.5).f1 == 1
    assert measures.panoptic == 0


def test_no_cell_on_either_side_is_right() -> None:
    """Nothing to find and nothing found scores 1, not 0 and not NaN."""
    none = np.zeros((5, 5), int)
    measures = measure(count_overlaps(none, none))
    assert {m.f1 for m in measures.curve} == {1.0}
    assert (measures.panoptic, measures.kaggle, measures.dice, measures.foreground_iou) == (1, 1, 1, 1)
    some = np.eye(5, dtype=int)
    for true, pred in ((none, some), (some, none)):
        measures = measure(count_overlaps(true, pred))
        assert {m.f1 for m in measures.curve} == {0.0}
        assert (measures.panoptic, measures.kaggle, measures.dice, measures.foreground_iou) == (0, 0, 0, 0)


def test_worst_scores_nothing_and_misses_all() -> None:
    """What stands for a lost prediction must not score, whatever its image holds."""
    measures = worst(4)
    assert set(measures.curve) == {Match(0, 0, 4, 0, 0, 0)}
    assert (measures.panoptic, measures.kaggle, measures.dice, measures.missed) == (0, 0, 0, 4)
    assert measures.at(0.5).f1 == worst(0).at(0.5).f1 == 0
