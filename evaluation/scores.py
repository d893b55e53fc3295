"""Scores of a folder: one row per image, and nobody left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from app.errors import ReadError
from evaluation.cases import Case
from evaluation.labelfiles import read_labels
from evaluation.matching import Match, match, score
from evaluation.measures import Measures, measure, worst
from evaluation.overlap import Labels, count_overlaps
from evaluation.rle import Encoded

Status = Literal["ok", "missing", "failed"]


@dataclass(frozen=True)
class Row:
    """The scores of one image; one that is missing or failed has 0 in all of them."""

    case: Case
    status: Status
    note: str  # why it is not ok, in one line
    shape: tuple[int, int]  # px, of the true labels; (0, 0) where they can't be read
    true_cells: int
    pred_cells: int
    organisers: Match
    whole: Match  # the global rule
    measures: Measures


def score_case(case: Case) -> Row:
    """Scores one image. A prediction that is missing, can't be read or is of another size gets 0
    with all true cells missed; an image without readable true labels gets 0 as well."""
    try:
        true = read_true(case)
    except ReadError as error:
        return _lost(case, np.zeros((0, 0), np.int32), "failed", str(error))
    if case.pred is None:
        return _lost(
            case, true, "missing", f"{case.set}/{case.image}: no prediction; all its cells are missed"
        )
    try:
        pred = read_labels(case.pred)
        if pred.shape != true.shape:
            raise ReadError(f"{case.pred}: is {_size(pred)} px, the true labels are {_size(true)} px")
        return _scored(case, true, pred)
    except ReadError as error:
        return _lost(case, true, "failed", str(error))


def read_true(case: Case) -> Labels:
    """True labels `(H, W)`; run lengths without a size take that of the prediction. Raises ReadError."""
    if case.true is None:
        raise ReadError(f"{case.set}/{case.image}: listed, but there is no file of true labels")
    if isinstance(case.true, Encoded):
        if case.true.shape is None and case.pred is not None:
            height, width = read_labels(case.pred).shape
            return case.true.decode((height, width))
        return case.true.decode()
    return read_labels(case.true)


def _scored(case: Case, true: Labels, pred: Labels) -> Row:
    overlaps = count_overlaps(true, pred)
    measures = measure(overlaps)
    return Row(
        case,
        "ok",
        "",
        (true.shape[0], true.shape[1]),
        len(overlaps.true_ids),
        len(overlaps.pred_ids),
        match(true, pred, rule="organisers"),
        measures.at(0.5),
        measures,
    )


def _lost(case: Case, true: Labels, status: Status, note: str) -> Row:
    if not true.size:
        return Row(case, status, note, (0, 0), 0, 0, score(0, 0, 0, "organisers"), *_nothing(0))
    counted = match(true, np.zeros_like(true), rule="organisers")
    cells = len(np.unique(true[true > 0]))
    return Row(case, status, note, (true.shape[0], true.shape[1]), cells, 0, counted, *_nothing(cells))


def _nothing(true_cells: int) -> tuple[Match, Measures]:
    measures = worst(true_cells)
    return measures.at(0.5), measures


def _size(labels: Labels) -> str:
    return f"{labels.shape[0]} × {labels.shape[1]}"
