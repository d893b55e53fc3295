"""F1 of predicted cells: the organisers' rule, and one for whole images of any size.

    rule           border cells       images of 25 MP and more           no cell on either side
    'organisers'   dropped (2 px)     2000 × 2000 patches, counts summed F1 = 0
    'global'       kept               whole                              F1 = 1

The organisers' rule is that of the NeurIPS 2022 Cell Segmentation Challenge
(`compute_metric.py` of its baseline repository). Its numbers are met except where that script
goes wrong: it drops no cell of the lowest id where the whole frame is covered by cells, it wraps
predicted ids to the true labels' integer type in large images, and it calls no true cell missed
(false negatives 0) in an image or patch without predictions. The last changes a count and not the
score of an image that is matched whole, but in patches it forgives every cell of a patch in which
nothing is predicted; here they are missed, so recall and F1 of such an image are lower than theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from evaluation.assignment import best_pairs
from evaluation.overlap import Labels, Overlaps, count_overlaps, frame_ids

Rule = Literal["organisers", "global"]

BORDER = {"organisers": 2, "global": 0}  # px
PATCH = 2000  # px, both sides
PATCHED_FROM = 25_000_000  # px; images of this many and more are cut into patches


@dataclass(frozen=True)
class Match:
    """Counts of matched, invented and missed cells, and the scores in [0, 1] that follow."""

    tp: int
    fp: int
    fn: int
    precision: float
    recall: float
    f1: float


def match(
    true: Labels, pred: Labels, *, iou: float = 0.5, border: int | None = None, rule: Rule = "organisers"
) -> Match:
    """Matches two label images `(H, W)` (integers, 0 background) one to one at IoU ≥ `iou`.

    `border` is the width in pixels of the frame whose cells are dropped from both sides, each by
    its own labels; None takes the rule's own: 2 for the organisers', 0 (cells kept) for the global
    one. Raises ValueError on shapes that differ, labels that are not integers, and settings out of
    range.
    """
    if rule not in get_args(Rule):
        raise ValueError(f"rule {rule!r}: choose 'organisers' or 'global'")
    width = BORDER[rule] if border is None else border
    if width < 0:
        raise ValueError(f"border {width}: it can't be negative")
    counts = [count_matches(piece, iou) for piece in _pieces(true, pred, rule, width)]
    tp, fp, fn = (sum(count) for count in zip(*counts, strict=True))
    return score(tp, fp, fn, rule)


def count_matches(overlaps: Overlaps, iou: float) -> tuple[int, int, int]:
    """True positives, false positives and false negatives at IoU ≥ `iou`."""
    tp = len(best_pairs(overlaps, iou))
    return tp, len(overlaps.pred_ids) - tp, len(overlaps.true_ids) - tp


def score(tp: int, fp: int, fn: int, rule: Rule) -> Match:
    """Precision, recall and F1 of the counts: 0 without a true positive, but for the global rule's
    empty image without any prediction, which is right."""
    if tp + fp + fn == 0 and rule == "global":
        return Match(0, 0, 0, 1.0, 1.0, 1.0)
    if tp == 0:
        return Match(0, fp, fn, 0.0, 0.0, 0.0)
    precision, recall = tp / (tp + fp), tp / (tp + fn)
    return Match(tp, fp, fn, precision, recall, 2 * (precision * recall) / (precision + recall))


def _pieces(true: Labels, pred: Labels, rule: Rule, border: int) -> Iterator[Overlaps]:
    if rule == "global" or true.size < PATCHED_FROM:
        yield _inside(true, pred, border, None)
        return
    if true.shape != pred.shape:  # patches alone could still agree in size
        raise ValueError(f"labels differ in size: true {true.shape}, predicted {pred.shape}")
    for y in range(0, true.shape[0], PATCH):
        for x in range(0, true.shape[1], PATCH):
            here = slice(y, y + PATCH), slice(x, x + PATCH)
            # the organisers pad the last patches, so cells at the image's own edge stay in those
            yield _inside(true[here], pred[here], border, (PATCH, PATCH))


def _inside(true: Labels, pred: Labels, border: int, size: tuple[int, int] | None) -> Overlaps:
    overlaps = count_overlaps(true, pred)
    return overlaps.without(frame_ids(true, border, size), frame_ids(pred, border, size))
