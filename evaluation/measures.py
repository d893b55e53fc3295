"""The other scores that the field reports, all from one table of overlaps of the whole image.

Cells at the border are kept. Where there is no cell on either side every score is 1.

    AP             TP / (TP + FP + FN) at an IoU threshold (StarDist's and Cellpose's
                   "average precision"; Schmidt et al., MICCAI 2018, doi:10.1007/978-3-030-00934-2_30)
    PQ = SQ · RQ   panoptic quality, pairs with IoU > 0.5 (Kirillov et al., CVPR 2019,
                   arXiv:1801.00868): SQ is their mean IoU, RQ = TP / (TP + FP/2 + FN/2)
    Kaggle's mAP   AP with IoU strictly above 0.5, 0.55 … 0.95, averaged over the thresholds; the
                   competitions (Data Science Bowl 2018, Sartorius 2021) average it over images
    Dice, IoU      of foreground against background, cells not told apart
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.matching import Match, count_matches, score
from evaluation.mistakes import Mistakes, find_mistakes
from evaluation.overlap import Overlaps

CURVE = tuple(step / 100 for step in range(10, 100, 5))  # IoU thresholds of the curve
AP_RANGE = tuple(step / 100 for step in range(50, 100, 5))


@dataclass(frozen=True)
class Measures:
    """Every measure of one image; `curve` holds a Match for each threshold of CURVE."""

    curve: tuple[Match, ...]
    panoptic: float
    segmentation: float
    recognition: float
    kaggle: float
    dice: float
    foreground_iou: float
    split: int
    merged: int
    missed: int
    invented: int

    def at(self, iou: float) -> Match:
        """The counts and scores at one of the thresholds of CURVE."""
        return self.curve[CURVE.index(iou)]


def measure(overlaps: Overlaps) -> Measures:
    """All measures of one image."""
    segmentation, recognition = panoptic_parts(overlaps)
    dice, foreground_iou = foreground(overlaps)
    mistakes = find_mistakes(overlaps)
    return Measures(
        tuple(score(*count_matches(overlaps, iou), "global") for iou in CURVE),
        segmentation * recognition,
        segmentation,
        recognition,
        kaggle_precision(overlaps),
        dice,
        foreground_iou,
        *counts(mistakes),
    )


def worst(true_cells: int) -> Measures:
    """The measures of an image whose prediction is missing or can't be used: all cells missed."""
    nothing = Match(0, 0, true_cells, 0.0, 0.0, 0.0)
    return Measures((nothing,) * len(CURVE), 0, 0, 0, 0, 0, 0, 0, 0, true_cells, 0)


def average_precision(match: Match) -> float:
    """TP / (TP + FP + FN) in [0, 1]."""
    cells = match.tp + match.fp + match.fn
    return match.tp / cells if cells else 1.0


def panoptic_parts(overlaps: Overlaps) -> tuple[float, float]:
    """Segmentation and recognition quality; panoptic quality is their product."""
    cells = len(overlaps.true_ids) + len(overlaps.pred_ids)
    if cells == 0:
        return 1.0, 1.0
    matched = overlaps.iou[overlaps.iou > 0.5]
    return (float(matched.mean()) if len(matched) else 0.0), 2 * len(matched) / cells


def kaggle_precision(overlaps: Overlaps) -> float:
    """Mean over 0.5, 0.55 … 0.95 of AP, with IoU strictly above the threshold."""
    cells = len(overlaps.true_ids) + len(overlaps.pred_ids)
    if cells == 0:
        return 1.0
    hits = [int((overlaps.iou > threshold).sum()) for threshold in AP_RANGE]
    return float(np.mean([tp / (cells - tp) for tp in hits]))


def foreground(overlaps: Overlaps) -> tuple[float, float]:
    """Dice and IoU of the foreground."""
    both = int(overlaps.shared.sum())
    total = int(overlaps.true_areas.sum() + overlaps.pred_areas.sum())
    return (2 * both / total, both / (total - both)) if total else (1.0, 1.0)


def counts(mistakes: Mistakes) -> tuple[int, int, int, int]:
    """How many cells were split, merged, missed and invented."""
    return len(mistakes.split), len(mistakes.merged), len(mistakes.missed), len(mistakes.invented)
