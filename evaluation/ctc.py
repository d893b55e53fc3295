"""SEG, DET and TRA as the Cell Tracking Challenge defines them, and precision and recall over IoU.

    SEG   mean IoU of the true outlines, each with the cell that covers more than half of it, else 0
    DET   1 - cost of mending the found cells / cost of adding all of them by hand
    TRA   the same with the links between them (Matula et al., PLoS ONE 10 (2015) e0144959)

The three are computed by py-ctcmetrics (Kaiser et al.), not by us; precision and recall count the
cells of all frames with outlines together, by the global rule of `evaluation.matching`.
"""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from app.errors import ReadError
from evaluation.border import without_border
from evaluation.ctcfiles import Result, Truth, read_result, read_truth
from evaluation.labelfiles import read_labels
from evaluation.matching import Match, count_matches, score
from evaluation.measures import CURVE
from evaluation.overlap import count_overlaps

SHOWN = (0.25, 0.5, 0.75)  # IoU thresholds of the table


@dataclass(frozen=True)
class Scores:
    """All in [0, 1]; None where the truth holds nothing to score by."""

    frames: int
    seg: float | None
    det: float | None
    tra: float | None
    curve: tuple[Match, ...]  # one per threshold of CURVE; empty without outlines


def score_sequence(truth_folder: Path, result_folder: Path, border: int = 0) -> Scores:
    """Scores of the result in `NN_RES` by the truth in `NN_GT`; raises ReadError, one line.

    Of the result, cells that lie wholly within `border` px of the edge are left out.
    """
    truth = read_truth(truth_folder)
    result = read_result(result_folder, truth)
    if not border:
        return score_result(truth, result, result_folder)
    with TemporaryDirectory() as folder:
        return score_result(truth, without_border(result, border, Path(folder)), result_folder)


def score_result(truth: Truth, result: Result, result_folder: Path) -> Scores:
    """The same of what was read."""
    det, tra = graph_scores(truth, result, result_folder) if truth.markers else (None, None)
    outlined = bool(truth.outlines)
    return Scores(
        len(result.masks),
        segmentation(truth, result) if outlined else None,
        det,
        tra,
        curve(truth, result) if outlined else (),
    )


def segmentation(truth: Truth, result: Result) -> float:
    """SEG over the frames that have outlines."""
    from ctc_metrics.metrics import seg

    matches = [matched(path, result.masks[frame]) for frame, path in truth.outlines.items()]
    return float(seg([match[0] for match in matches], [match[4] for match in matches]))


def graph_scores(truth: Truth, result: Result, folder: Path) -> tuple[float, float]:
    """DET and TRA; raises ReadError where masks and tracks of the result contradict each other."""
    from ctc_metrics.metrics import det, tra
    from ctc_metrics.metrics.validation.valid import inspect_masks
    from ctc_metrics.utils.representations import count_acyclic_graph_correction_operations

    masks = [result.masks[frame] for frame in truth.markers]
    matches = [matched(path, mask) for path, mask in zip(truth.markers.values(), masks, strict=True)]
    true_ids, found_ids, true_matched, found_matched, _ = (list(part) for part in zip(*matches, strict=True))
    named: list[list[int]] = [[] for _ in masks]
    for track, begin, end, _ in result.tracks.tolist():
        if end >= len(masks):
            raise ReadError(f"{folder}: track {track} goes on to frame {end}, the last is {len(masks) - 1}")
        for frame in range(begin, end + 1):
            named[frame].append(track)
    with warnings.catch_warnings(record=True) as faults:
        warnings.simplefilter("always")
        inspect_masks(named, [str(mask) for mask in masks], found_ids)
    if faults:
        raise ReadError(
            f"{folder}: masks and res_track.txt differ in {len(faults)} places, the first: "
            f"{str(faults[0].message).rstrip('.')}; write both from the same tracks"
        )
    if not any(found_ids):
        return 0.0, 0.0
    operations = count_acyclic_graph_correction_operations(
        truth.tracks, result.tracks, true_ids, found_ids, true_matched, found_matched
    )
    return float(det(**operations)), float(tra(**operations)[0])


def matched(true: Path, found: Path) -> tuple[list[Any], ...]:
    """py-ctcmetrics' match of two files: ids on both sides, the matched ones, their IoU."""
    from ctc_metrics.utils.representations import match

    try:
        return tuple(match(str(true), str(found)))
    except Exception as cause:  # decoders raise whatever they like on damaged files
        reason = (str(cause) or type(cause).__name__).splitlines()[0]
        raise ReadError(f"{found}: can't be compared with {true}: {reason}; write it anew") from cause


def curve(truth: Truth, result: Result) -> tuple[Match, ...]:
    """Counts and scores at each threshold of CURVE, the cells of all outlined frames together."""
    totals = np.zeros((len(CURVE), 3), np.int64)  # true positives, false positives, false negatives
    for frame, path in truth.outlines.items():
        overlaps = count_overlaps(read_labels(path), read_labels(result.masks[frame]))
        totals += [count_matches(overlaps, iou) for iou in CURVE]
    return tuple(score(tp, fp, fn, "global") for tp, fp, fn in totals.tolist())


def table(scores: Scores) -> tuple[Sequence[str], list[list[str]]]:
    """Head and the one line for people."""
    head = ["frames", "SEG", "DET", "TRA", *(f"{kind}@{iou:g}" for iou in SHOWN for kind in ("P", "R"))]
    at = [scores.curve[CURVE.index(iou)] for iou in SHOWN] if scores.curve else [None] * len(SHOWN)
    values = [scores.seg, scores.det, scores.tra]
    for match in at:
        values += [None, None] if match is None else [match.precision, match.recall]
    return head, [[str(scores.frames), *("-" if value is None else f"{value:.4f}" for value in values)]]


def curve_csv(scores: Scores) -> str:
    """The scores, and counts, precision and recall over IoU; UTF-8 text with a header."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["iou", "tp", "fp", "fn", "precision", "recall", "f1", "seg", "det", "tra"])
    whole = ["" if value is None else f"{value:.6g}" for value in (scores.seg, scores.det, scores.tra)]
    for iou, match in zip(CURVE, scores.curve, strict=False):
        numbers = [f"{value:.6g}" for value in (match.precision, match.recall, match.f1)]
        writer.writerow([iou, match.tp, match.fp, match.fn, *numbers, *whole])
    return out.getvalue()
