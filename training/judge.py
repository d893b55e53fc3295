"""One predicted label image against the true one: F1 at three IoUs, mAP, counts by the size of the cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.assignment import best_pairs
from evaluation.matching import match
from evaluation.measures import kaggle_precision
from evaluation.overlap import count_overlaps

SIZES = (12.0, 25.0, 50.0, 100.0)  # px of equivalent diameter: bounds between the classes
SIZE_NAMES = ("under 12 px", "12–25 px", "25–50 px", "50–100 px", "over 100 px")

Counts = tuple[tuple[int, int, int], ...]  # tp, fp, fn per class of size


@dataclass(frozen=True)
class Judgement:
    """The scores of one image."""

    f1: float  # at IoU 0.5, organisers' rule
    f1_70: float  # at IoU 0.7
    f1_90: float  # at IoU 0.9: how good the contours are
    map: float  # mean of AP over IoU 0.5, 0.55 … 0.95
    true_cells: int
    found_cells: int
    by_size: Counts


def judge(true: NDArray[np.int32], found: NDArray[np.int32]) -> Judgement:
    """Scores two label images `(H, W)`; a cell that is found twice or not at all counts once as wrong."""
    overlaps = count_overlaps(true, found)
    pairs = best_pairs(overlaps, 0.5)
    true_class = np.digitize(diameters(overlaps.true_areas), SIZES)
    found_class = np.digitize(diameters(overlaps.pred_areas), SIZES)
    hit = np.zeros(len(overlaps.true_ids), bool)
    hit[overlaps.true[pairs]] = True
    invented = np.ones(len(overlaps.pred_ids), bool)
    invented[overlaps.pred[pairs]] = False
    by_size = tuple(
        (
            int((true_class[hit] == size).sum()),
            int((found_class[invented] == size).sum()),
            int((true_class[~hit] == size).sum()),
        )
        for size in range(len(SIZE_NAMES))
    )
    return Judgement(
        match(true, found).f1,
        match(true, found, iou=0.7).f1,
        match(true, found, iou=0.9).f1,
        kaggle_precision(overlaps),
        len(overlaps.true_ids),
        len(overlaps.pred_ids),
        by_size,
    )


def diameters(areas: NDArray[np.int64]) -> NDArray[np.float64]:
    """Diameters of the circles of these areas, px."""
    return 2 * np.sqrt(areas / np.pi)


def f1_by_size(judgements: Sequence[Judgement]) -> dict[str, float | None]:
    """Class of size → F1 of all its cells together; None where there is no cell of that size."""
    sums = np.sum([j.by_size for j in judgements], axis=0)
    scores: dict[str, float | None] = {}
    for name, (tp, fp, fn) in zip(SIZE_NAMES, sums, strict=True):
        scores[name] = float(2 * tp / (2 * tp + fp + fn)) if tp + fn else None
    return scores
