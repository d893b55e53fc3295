"""Overlap tables: each number against a count by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import evaluation.overlap
from evaluation.overlap import count_overlaps, frame_ids

PAIRS = arrays.arrays(
    np.int32, st.tuples(st.just(2), st.integers(1, 9), st.integers(1, 9)), elements=st.integers(0, 5)
)


@settings(deadline=None)
@given(PAIRS)
def test_every_pair_is_counted_as_pixel_by_pixel(pair: np.ndarray) -> None:
    """Guards runs and bands against losing or doubling pixels."""
    true, pred = pair
    table = count_overlaps(true, pred)
    counted = {
        (int(table.true_ids[t]), int(table.pred_ids[p])): int(n)
        for t, p, n in zip(table.true, table.pred, table.shared, strict=True)
    }
    assert counted == {
        (t, p): int(((true == t) & (pred == p)).sum())
        for t in range(1, 6)
        for p in range(1, 6)
        if ((true == t) & (pred == p)).any()
    }
    assert table.true_areas.tolist() == [int((true == t).sum()) for t in table.true_ids]
    assert table.pred_areas.tolist() == [int((pred == p).sum()) for p in table.pred_ids]


def test_bands_give_what_the_whole_gives(monkeypatch: pytest.MonkeyPatch, synthetic_field) -> None:
    """A cell that crosses a band's edge must not become two, nor lose area."""
    _, labels = synthetic_field(120, 90, 20, 3)
    whole = count_overlaps(labels, np.roll(labels, 3, 0))
    monkeypatch.setattr(evaluation.overlap, "BAND_PIXELS", 7 * 90)
    banded = count_overlaps(labels, np.roll(labels, 3, 0))
    for name in ("true_ids", "true_areas", "pred_ids", "pred_areas", "true", "pred", "shared"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(banded, name))


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.uint32, np.int64, np.uint64])
def test_integer_types_and_large_ids(dtype: type) -> None:
    """Ids near a type's end must neither wrap nor fill a table up to the largest id."""
    top = int(min(np.iinfo(dtype).max, 2**63 - 1))
    labels = np.array([[0, top, top], [0, 1, top - 1]], dtype)
    table = count_overlaps(labels, labels)
    assert table.true_ids.tolist() == [1, top - 1, top]
    assert table.iou.tolist() == [1.0, 1.0, 1.0]


def test_mixed_types_and_strides() -> None:
    """A uint16 truth against an int32 prediction in Fortran order is an ordinary case."""
    true = np.array([[1, 1, 0], [2, 2, 2]], np.uint16)
    table = count_overlaps(true, np.asfortranarray(true.astype(np.int32)) * 70_000)
    assert table.pred_ids.tolist() == [70_000, 140_000]
    assert table.iou.tolist() == [1.0, 1.0]


def test_what_is_no_label_image_is_refused() -> None:
    """Each wrong input raises and names what was met."""
    good = np.ones((2, 3), np.int32)
    for bad, words in [
        (np.ones((2, 3)), "float64"),
        (np.ones((2, 3), bool), "bool"),
        (np.ones((2, 3, 1), int), "shape"),
        (np.zeros((0, 3), int), "no pixels"),
        (np.ones((3, 2), int), "differ in size"),
        (-good, "below 0"),
        (np.full((2, 3), 2**63, np.uint64), "below 0 or above"),
    ]:
        with pytest.raises(ValueError, match=words):
            count_overlaps(good, bad)


def test_dropped_cells_leave_the_areas_of_others_alone() -> None:
    """Dropping a cell makes its pixels background; it takes nothing from what overlaps it."""
    true = np.array([[1, 1, 2, 2, 3]])
    pred = np.array([[5, 5, 5, 6, 6]])
    left = count_overlaps(true, pred).without(np.array([2]), np.array([], np.int64))
    assert left.true_ids.tolist() == [1, 3]
    assert left.pred_areas.tolist() == [3, 2]
    assert left.iou.tolist() == [2 / 3, 1 / 2]


def test_frame_of_a_padded_patch_ignores_the_image_edge() -> None:
    """In a patch padded at the bottom and right, only its top and left are a frame."""
    labels = np.zeros((6, 6), int)
    labels[0, 3], labels[3, 1], labels[5, 3], labels[3, 5], labels[3, 3] = 1, 2, 3, 4, 5
    assert frame_ids(labels, 2).tolist() == [1, 2, 3, 4]
    assert frame_ids(labels, 2, (20, 20)).tolist() == [1, 2]
    assert frame_ids(labels, 0).tolist() == []
    assert frame_ids(labels, 9).tolist() == [1, 2, 3, 4, 5]
