"""Means, medians, tables and CSV."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from evaluation.cases import Case
from evaluation.matching import score
from evaluation.measures import worst
from evaluation.scores import Row
from evaluation.summary import COUNTS, SCORES, TABLE_HEAD, plain_table, summarise, table_cells, to_csv


def row(name: str, tp: int, status: str = "ok", note: str = "") -> Row:
    """An image with 7 true and 7 predicted cells of which `tp` match."""
    case = Case(name, f"i{tp}", None, None)
    organisers, whole = (score(tp, 7 - tp, 7 - tp, rule) for rule in ("organisers", "global"))
    return Row(case, status, note, (10, 20), 7, 7, organisers, whole, worst(7))


def test_organisers_mean_is_of_rounded_scores() -> None:
    """Their script rounds each F1 to four digits first: 0.1429, 0.2857, 0.4286 make 0.28573."""
    (summary,) = summarise([row("one", tp) for tp in (1, 2, 3)])
    assert summary.mean("f1") == np.mean([0.1429, 0.2857, 0.4286])
    assert summary.median("f1") == 0.2857
    assert summary.mean("global_f1") == pytest.approx(2 / 7, abs=1e-15)


def test_lost_images_stay_in_the_mean() -> None:
    """The script skips what fails; here its 0 counts, and the number of lost images is said."""
    (summary,) = summarise([row("one", 7), row("one", 0, "failed", "why"), row("one", 0, "missing", "why")])
    assert summary.lost == 2
    assert summary.mean("f1") == pytest.approx(1 / 3)
    assert summary.median("global_f1") == 0


def test_one_line_per_set_and_one_of_all() -> None:
    """The line of all averages images, not sets."""
    summaries = summarise([row("one", 7), row("two", 0), row("two", 0)])
    assert [(s.name, len(s.rows), s.mean("f1")) for s in summaries] == [
        ("one", 1, 1.0),
        ("two", 2, 0.0),
        ("all", 3, pytest.approx(1 / 3)),
    ]
    lines = plain_table(TABLE_HEAD, [table_cells(s) for s in summaries]).splitlines()
    assert len({len(line) for line in lines}) == 1  # aligned
    assert lines[1].split()[:5] == ["one", "1", "0", "7", "1.0000"]


def test_csv_holds_every_image_and_column() -> None:
    """A note with commas and quotes must come back as it was."""
    text = to_csv([row("one", 3), row("two", 0, "failed", 'a "b", c')])
    first, second = csv.DictReader(io.StringIO(text))
    assert set(first) == {"set", "image", "status", "height", "width", "note", *SCORES, *COUNTS}
    assert (first["f1"], first["tp"], first["true_num"], first["height"]) == ("0.4286", "3", "7", "10")
    assert (second["status"], second["note"], second["f1"]) == ("failed", 'a "b", c', "0")
