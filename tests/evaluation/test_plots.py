"""Plots: everything that is given is drawn."""

from __future__ import annotations

import re

import pytest

from evaluation.cases import Case
from evaluation.matching import score
from evaluation.measures import worst
from evaluation.plots import curves, distribution, times
from evaluation.scores import Row
from evaluation.summary import Summary, summarise
from evaluation.timing import Timed


def texts(svg: str) -> set[str]:
    return set(re.findall(r">([^<>]+)</text>", svg))


@pytest.fixture
def summaries() -> list[Summary]:
    """Nine sets, more than there are colours, with one image each."""
    matches = score(3, 4, 4, "organisers"), score(3, 4, 4, "global")
    return summarise(
        [Row(Case(f"set{n}", "i", None, None), "ok", "", (9, 9), 7, 7, *matches, worst(7)) for n in range(9)]
    )


def test_every_set_is_named(summaries: list[Summary]) -> None:
    """A legend or axis that leaves a set out says nothing about it."""
    names = {f"set{n}" for n in range(9)} | {"all"}
    assert {text.split(" (")[0] for text in texts(distribution(summaries))} >= names
    assert texts(curves(summaries)) >= names


def test_no_time_falls_off_the_plot() -> None:
    """An image far over its tolerance is the one to be seen."""
    rows = [Timed("a", 1000, 1000, seconds, 10, 0, None, "over", "") for seconds in (0.01, 3, 5000)]
    assert texts(times({"x": rows})) >= {"1,000", "0.1", "tolerance", "x"}  # ticks as far as the points


def test_failed_runs_are_marked_and_unread_images_left_out() -> None:
    """A failure after 3 s is no fast image; without a size there is no place for it."""
    failed = Timed("a", 500, 500, 3, 10, 0, None, "failed", "why")
    unread = Timed("b", 0, 0, 0, 0, 0, None, "failed", "why")
    assert "x: failed" in texts(times({"x": [failed, unread]}))
    assert "x: failed" not in texts(times({"x": [unread]}))


def test_short_ranges_have_numbers() -> None:
    """Between two powers of ten a log scale has no labels unless they are asked for."""
    rows = [Timed("a", 1000, 1000, seconds, 10, 0, None, "over", "") for seconds in (12, 30)]
    svg = times({"x": rows})
    assert "20" in texts(svg)
    assert not re.search(r"10\^|mathdefault", svg)
