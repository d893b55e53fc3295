"""Plots without a library: scales that people can read, marks where their values are."""

from __future__ import annotations

import re

import pytest

from app.write.plots import Panel, Scale, bars, figure, histogram, nice_top


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 1), (1, 1), (3, 4), (100, 100), (101, 200), (0.3, 0.4), (950, 1000)]
)
def test_scales_end_at_round_numbers(highest: float, top: float) -> None:
    assert nice_top(highest) == pytest.approx(top)


def test_a_log_scale_names_what_lies_in_it() -> None:
    """Between two powers of ten there is no number without 2 and 5; over many they would crowd."""
    assert Scale(12, 48, log=True).ticks == [20]
    assert Scale(0.01, 5000, log=True).ticks == [0.01, 0.1, 1, 10, 100, 1000]
    assert Scale(0.1, 1000, log=True).share(10) == pytest.approx(0.5)


def test_marks_lie_where_their_values_are() -> None:
    """A scale turned round shows the best as the worst."""
    panel = Panel(Scale(0, 10), Scale(0, 1), "x", left=46)
    assert panel.at(0, 0)[0] < panel.at(10, 0)[0]
    assert panel.at(0, 1)[1] < panel.at(0, 0)[1]
    left, top = panel.at(0, 1)
    panel.bar(0, 10, 1, "all")
    assert f'x="{left:.2f}" y="{top:.2f}"' in panel.drawn()


def test_a_box_holds_its_quartiles() -> None:
    """Whiskers end at the last value within 1.5 times the box, not at the outlier."""
    panel = Panel(Scale(0, 100), Scale(2, 0), "x")
    panel.box([1, 2, 3, 4, 100], 1, 0.3, "currentColor")
    xs = {float(x) for mark in panel.marks for x in re.findall(r"([\d.]+),", mark)}
    assert max(xs) == pytest.approx(panel.at(4, 1)[0], abs=0.06)
    assert min(xs) == pytest.approx(panel.at(1, 1)[0], abs=0.06)


def test_one_value_is_no_bar_across_the_page() -> None:
    """A single image had a bar as wide as the plot."""
    width = float(re.findall(r'<rect[^>]* width="([\d.]+)"', bars([5], ["a"], "images"))[0])
    assert width <= 40


def test_names_are_escaped() -> None:
    """A file's name goes into the page as text."""
    assert "<b>" not in bars([5], ["<b>"], "images")
    panel = Panel(Scale(0, 1), Scale(0, 1), "<x>")
    assert "<x>" not in figure([panel], [("<k>", "dot", "#000000")])


def test_every_value_is_counted() -> None:
    """Values beyond the cut fall into the last bin; they were once left out."""
    import numpy as np

    drawn = histogram(np.array([1, 1, 2, 500], np.float32), "px")
    assert sum(int(n) for n in re.findall(r"to [\d.e+]+: (\d+)<", drawn)) == 4
