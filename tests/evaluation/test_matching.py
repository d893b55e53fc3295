"""Both rules: hand-made cases, and the organisers' against a slow script of the same rule."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

import evaluation.matching
from evaluation.labelfiles import read_labels
from evaluation.matching import Match, match

Counts = tuple[int, int, int]


def naive(true: np.ndarray, pred: np.ndarray, size: int = 2000, large: int = 25_000_000) -> Counts:
    """The organisers' rule, pixel by pixel and with full matrices."""
    if true.size < large:
        return naive_piece(true, pred)
    height, width = (-(-n // size) * size for n in true.shape)
    padded = [np.zeros((height, width), np.int64) for _ in range(2)]
    for whole, labels in zip(padded, (true, pred), strict=True):
        whole[: labels.shape[0], : labels.shape[1]] = labels
    total = np.zeros(3, int)
    for y in range(0, height, size):
        for x in range(0, width, size):
            total += naive_piece(*(whole[y : y + size, x : x + size] for whole in padded))
    return tuple(int(n) for n in total)


def naive_piece(true: np.ndarray, pred: np.ndarray) -> Counts:
    inner = []
    for labels in (true, pred):
        frame = np.ones(labels.shape, bool)
        frame[2 : labels.shape[0] - 2, 2 : labels.shape[1] - 2] = False
        inner.append(np.where(np.isin(labels, np.unique(labels[frame])), 0, labels))
    masks = [[labels == i for i in np.unique(labels) if i] for labels in inner]
    iou = np.array([[(t & p).sum() / (t | p).sum() for p in masks[1]] for t in masks[0]])
    iou = iou.reshape(len(masks[0]), len(masks[1]))
    costs = -(iou >= 0.5).astype(float) - iou / (2 * max(min(iou.shape), 1))
    tp = int((iou[linear_sum_assignment(costs)] >= 0.5).sum())
    return tp, len(masks[1]) - tp, len(masks[0]) - tp


def disturb(labels: np.ndarray, seed: int) -> np.ndarray:
    """Shifts the labels, drops cells, merges some with the next id and cuts others in two."""
    rng = np.random.default_rng(seed)
    ids = np.arange(labels.max() + 1)
    fate = rng.random(len(ids))
    ids[(fate < 0.1) & (ids > 0)] = 0
    merging = (fate > 0.9) & (ids > 1)
    ids[merging] -= 1
    out = np.roll(ids[labels], tuple(rng.integers(-2, 3, 2)), (0, 1))
    columns = np.arange(labels.shape[1]) % 40 < 20
    return np.where((out % 7 == 3) & columns, out + labels.max() + 1, out)


def counts(result: Match) -> Counts:
    return result.tp, result.fp, result.fn


@pytest.mark.parametrize("seed", range(6))
def test_synthetic_fields_meet_the_organisers_rule(synthetic_field, seed: int) -> None:
    """Every count equal to the slow script's, on fields with merges, cuts and gaps."""
    _, true = synthetic_field(200, 260, 60, seed)
    pred = disturb(true, seed)
    result = match(true, pred)
    assert counts(result) == naive(true, pred)
    tp, fp, fn = counts(result)
    assert result.precision == tp / (tp + fp)
    assert result.recall == tp / (tp + fn)
    assert result.f1 == pytest.approx(2 * tp / (2 * tp + fp + fn), abs=1e-15)


@pytest.mark.parametrize("name", ["dsb2018", "tnbc", "usiigaci", "baby"])
def test_real_labels_meet_the_organisers_rule(cells: Path, name: str) -> None:
    """The same on real labels, whose cells have every shape and touch the frame."""
    for seed, path in enumerate(sorted((cells / name / "labels").iterdir())[:3]):
        true = read_labels(path).astype(np.int32)[:300, :300]  # the slow script is slow
        pred = disturb(true, seed)
        assert counts(match(true, pred)) == naive(true, pred), path.name


def test_patches_meet_the_organisers_rule(synthetic_field, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large images: patches, padding and sums as the slow script's, with patches made small."""
    monkeypatch.setattr(evaluation.matching, "PATCH", 64)
    monkeypatch.setattr(evaluation.matching, "PATCHED_FROM", 100 * 150)
    for height, width in [(150, 200), (128, 192), (129, 191), (100, 150)]:
        _, true = synthetic_field(height, width, 40, 5)
        pred = disturb(true, 5)
        assert counts(match(true, pred)) == naive(true, pred, 64, 100 * 150)


def test_patch_rule_starts_at_25_megapixels() -> None:
    """At 5000 × 5000 a cell on the line between patches is not counted; a column less, it is."""
    labels = np.zeros((5000, 5000), np.uint8)
    labels[1990:2010, 1000:1020] = 1
    assert match(labels, labels).f1 == 0
    assert match(labels[:, 1:], labels[:, 1:]).f1 == 1
    assert match(labels, labels, rule="global").f1 == 1


def test_cells_of_a_patch_without_predictions_are_missed() -> None:
    """The organisers' script forgives them; a slide with an empty half would score as if it were whole."""
    true = np.zeros((5000, 5000), np.uint8)
    true[100:110, 100:110], true[2500:2510, 2500:2510] = 1, 2
    pred = np.where(true == 1, true, 0)
    assert counts(match(true, pred)) == (1, 0, 1)


def test_cells_at_the_edge_of_a_padded_patch_are_counted() -> None:
    """The last patches are padded, so a cell at the image's lower edge is inside of one."""
    labels = np.zeros((5000, 5001), np.uint8)
    labels[4990:, 4100:4110] = 1
    assert counts(match(labels, labels)) == (1, 0, 0)


def test_border_cells_are_dropped_by_their_own_labels() -> None:
    """A prediction that touches the frame goes, though its true cell stays and is missed."""
    true = np.zeros((20, 20), int)
    true[2:8, 2:8] = 4
    pred = true.copy()
    pred[1, 2] = 4
    assert counts(match(true, pred)) == (0, 0, 1)
    assert counts(match(true, true)) == (1, 0, 0)
    assert counts(match(true, pred, border=1)) == (1, 0, 0)
    assert counts(match(true, pred, border=0)) == (1, 0, 0)


def test_a_frame_without_background_keeps_no_border_cell() -> None:
    """The organisers' script takes the frame's lowest id for background; here 0 alone is."""
    labels = np.ones((12, 12), int)
    labels[:, 6:] = 2
    labels[4:8, 4:8] = 3
    assert counts(match(labels, labels)) == (1, 0, 0)


def test_border_of_the_global_rule() -> None:
    """Border cells stay by default and go where asked for."""
    labels = np.zeros((20, 20), int)
    labels[0:4, 0:4], labels[8:12, 8:12] = 1, 2
    assert counts(match(labels, labels, rule="global")) == (2, 0, 0)
    assert counts(match(labels, labels, rule="global", border=2)) == (1, 0, 0)


def test_equal_iou_ties() -> None:
    """Two true cells tie for one prediction at exactly 0.5: one is matched, one missed."""
    true, pred = np.zeros((2, 10, 10), int)
    true[4, 3:5], true[4, 5:7], pred[4, 3:7] = 1, 2, 1
    for rule in ("organisers", "global"):
        assert counts(match(true, pred, rule=rule)) == (1, 0, 1)
        assert counts(match(pred, true, rule=rule)) == (1, 1, 0)


def test_empty_sides() -> None:
    """No cell on either side: 0 by the organisers' rule, 1 by the global one; else 0 by both."""
    none, some = np.zeros((2, 20, 20), int)
    some[5:9, 5:9] = 1
    assert match(none, none) == Match(0, 0, 0, 0, 0, 0)
    assert match(none, none, rule="global") == Match(0, 0, 0, 1, 1, 1)
    for rule in ("organisers", "global"):
        assert match(some, none, rule=rule) == Match(0, 0, 1, 0, 0, 0)
        assert match(none, some, rule=rule) == Match(0, 1, 0, 0, 0, 0)


def test_ids_above_65535() -> None:
    """Ids that differ by 2^16 are two cells, under both rules and against uint16 labels."""
    true = np.zeros((30, 30), np.uint16)
    true[5:10, 5:10], true[15:20, 15:20] = 1, 2
    pred = true.astype(np.int64)
    pred[pred == 2] = 65_537
    for rule in ("organisers", "global"):
        assert counts(match(true, pred, rule=rule)) == (2, 0, 0)


def test_ids_above_65535_in_patches() -> None:
    """The organisers' script copies predictions into the true labels' type; here none wraps."""
    true = np.zeros((5000, 5000), np.uint16)
    true[100:110, 100:110], true[200:210, 200:210] = 1, 2
    pred = true.astype(np.uint32)
    pred[pred == 2] = 65_536
    assert counts(match(true, pred)) == (2, 0, 0)


def test_labels_are_left_as_they_are(synthetic_field) -> None:
    """The organisers' script clears border cells in the caller's array; this one must not."""
    _, true = synthetic_field(80, 80, 15, 1)
    before = true.copy()
    match(true, true)
    np.testing.assert_array_equal(true, before)


def test_wrong_settings_are_refused() -> None:
    """Each bad argument raises and says what it was."""
    labels = np.ones((4, 4), int)
    with pytest.raises(ValueError, match="rule 'best'"):
        match(labels, labels, rule="best")
    with pytest.raises(ValueError, match="border -1"):
        match(labels, labels, border=-1)
    with pytest.raises(ValueError, match="differ in size"):
        match(np.zeros((5000, 5000), np.uint8), np.zeros((5000, 5200), np.uint8))
