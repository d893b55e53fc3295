"""Which true cell shares how many pixels with which predicted one: a sparse table, never N × M."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import fastremap
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array

Labels = NDArray[np.integer]
Ints = NDArray[np.int64]

BAND_PIXELS = 4_000_000  # px looked at together; bounds the working memory to some 100 MB


@dataclass(frozen=True)
class Overlaps:
    """T true and P predicted cells, and the K pairs of them that share a pixel.

    `true` and `pred` are indices into the tables of cells, not ids.
    """

    true_ids: Ints  # (T,) ascending, without 0
    true_areas: Ints  # (T,) px
    pred_ids: Ints  # (P,)
    pred_areas: Ints  # (P,) px
    true: Ints  # (K,) index of the true cell
    pred: Ints  # (K,) index of the predicted cell
    shared: Ints  # (K,) px

    @property
    def iou(self) -> NDArray[np.float64]:
        """(K,) intersection over union of each pair, in (0, 1]."""
        union = self.true_areas[self.true] + self.pred_areas[self.pred] - self.shared
        return self.shared / union

    def without(self, true_ids: Ints, pred_ids: Ints) -> Overlaps:
        """The same table less some cells, as if their pixels were background."""
        keep_true = ~np.isin(self.true_ids, true_ids)
        keep_pred = ~np.isin(self.pred_ids, pred_ids)
        pairs = keep_true[self.true] & keep_pred[self.pred]
        return Overlaps(
            self.true_ids[keep_true],
            self.true_areas[keep_true],
            self.pred_ids[keep_pred],
            self.pred_areas[keep_pred],
            (np.cumsum(keep_true) - 1)[self.true[pairs]],
            (np.cumsum(keep_pred) - 1)[self.pred[pairs]],
            self.shared[pairs],
        )


def count_overlaps(true: Labels, pred: Labels) -> Overlaps:
    """Tables of the cells and their overlaps in two label images `(H, W)` of any integer type.

    Works in bands of rows on runs of equal pixels, so that time and memory grow with the
    outlines, not with cells × cells. Raises ValueError where shapes differ, an array is not
    2-D or not integer, or an id is negative.
    """
    check_labels(true, "true")
    check_labels(pred, "predicted")
    if true.shape != pred.shape:
        raise ValueError(f"labels differ in size: true {true.shape}, predicted {pred.shape}")
    bands = [_band_pairs(t, p) for t, p in _bands(true, pred)]
    true_id, pred_id, shared = _sum_pairs(*(np.concatenate(part) for part in zip(*bands, strict=True)))
    true_ids, true_areas = _areas(true_id, shared)
    pred_ids, pred_areas = _areas(pred_id, shared)
    both = (true_id > 0) & (pred_id > 0)
    return Overlaps(
        true_ids,
        true_areas,
        pred_ids,
        pred_areas,
        np.searchsorted(true_ids, true_id[both]),
        np.searchsorted(pred_ids, pred_id[both]),
        shared[both],
    )


def frame_ids(labels: Labels, border: int, size: tuple[int, int] | None = None) -> Ints:
    """Ids of the cells that touch the frame of `border` pixels; background is never among them.

    `size` is (height, width) of the padded patch whose upper left part `labels` is; the frame
    is the patch's. Unpadded: None.
    """
    height, width = size or labels.shape
    bottom, right = max(height - border, 0), max(width - border, 0)
    frame = labels[:border], labels[bottom:], labels[:, :border], labels[:, right:]
    ids = np.unique(np.concatenate([part.ravel() for part in frame])).astype(np.int64)
    return ids[ids > 0]


def check_labels(labels: Labels, which: str) -> None:
    """Raises ValueError unless `labels` is a 2-D integer array with at least one pixel."""
    if labels.ndim != 2:
        raise ValueError(f"the {which} labels have shape {labels.shape}; (height, width) is needed")
    if labels.dtype.kind not in "iu":
        raise ValueError(f"the {which} labels are {labels.dtype}; integer ids are needed")
    if labels.size == 0:
        raise ValueError(f"the {which} labels have no pixels: shape {labels.shape}")


def _bands(true: Labels, pred: Labels) -> Iterator[tuple[Labels, Labels]]:
    rows = max(BAND_PIXELS // true.shape[1], 1)
    for y in range(0, true.shape[0], rows):
        yield true[y : y + rows].ravel(), pred[y : y + rows].ravel()


def _band_pairs(true: Labels, pred: Labels) -> tuple[Ints, Ints, Ints]:
    changes = np.flatnonzero((true[1:] != true[:-1]) | (pred[1:] != pred[:-1])) + 1
    starts = np.concatenate([np.zeros(1, np.int64), changes])
    lengths = np.diff(starts, append=true.size)
    true_id, pred_id = true[starts].astype(np.int64), pred[starts].astype(np.int64)
    if min(true_id.min(), pred_id.min()) < 0:
        raise ValueError("labels hold ids below 0 or above 2^63 - 1")
    return _sum_pairs(true_id, pred_id, lengths)


def _sum_pairs(true_id: Ints, pred_id: Ints, pixels: Ints) -> tuple[Ints, Ints, Ints]:
    """Adds up the pixels of equal (true id, predicted id) pairs."""
    true_ids, row = fastremap.unique(true_id, return_inverse=True)
    pred_ids, column = fastremap.unique(pred_id, return_inverse=True)
    table = coo_array((pixels, (row, column)), shape=(len(true_ids), len(pred_ids))).tocsr().tocoo()
    return true_ids[table.coords[0]], pred_ids[table.coords[1]], table.data


def _areas(ids: Ints, pixels: Ints) -> tuple[Ints, Ints]:
    cells, at = np.unique(ids, return_inverse=True)
    areas = np.bincount(at, weights=pixels).astype(np.int64)  # exact: below 2^53 px
    return cells[cells > 0], areas[cells > 0]
