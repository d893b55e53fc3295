"""Time: the tolerance, the ladder, and what fits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import UsageError
from app.network.clock import Clock, Rung, budget_seconds, choose, ladder, pass_order, tolerance
from app.network.windows import View
from app.settings import Windows


@pytest.mark.parametrize(
    ("shape", "seconds"),
    [((1, 1), 10), ((1000, 1000), 10), ((1000, 1001), 10.01), ((8415, 10496), 883.2384)],
)
def test_tolerance(shape: tuple[int, int], seconds: float) -> None:
    """The challenge's rule: 10 s up to 10⁶ pixels, then 10 s per 10⁶."""
    assert tolerance(*shape) == pytest.approx(seconds)


def test_the_best_rung_is_the_published_strategy() -> None:
    """With time for everything nothing may be left out."""
    best = ladder(2, Windows())[0]
    assert best == Rung(0.6, 6)
    assert pass_order(2) == [(view, model) for view in View for model in (0, 1)]


@given(seconds=st.floats(-5, 1e4), per_window=st.floats(1e-3, 5))
def test_the_chosen_rung_fits_or_is_the_cheapest(seconds: float, per_window: float) -> None:
    """A plan that does not fit is late by design."""
    rungs = ladder(2, Windows())
    costs = {rung: per_window * rung.count((1000, 1500), Windows()) for rung in rungs}
    chosen = choose(rungs, seconds, costs.__getitem__)
    assert costs[chosen] <= seconds or chosen == rungs[-1]
    better = rungs[: rungs.index(chosen)]
    assert all(costs[rung] > seconds for rung in better)


def test_the_ladder_ends_at_its_cheapest_rung() -> None:
    """The last resort must be the least work, or being late costs more than it must."""
    rungs = ladder(2, Windows())
    counts = [rung.count((3000, 3000), Windows()) for rung in rungs]
    assert counts[-1] == min(counts)
    assert counts[0] == max(counts)


def test_a_clock_counts_what_was_before_it() -> None:
    """The container's start is on the clock, though our process did not exist yet."""
    clock = Clock.start(10, already=4)
    assert 5.9 < clock.left <= 6
    assert Clock.start(None).left == float("inf")


def test_a_stopped_clock_stands() -> None:
    """While the next image has the machine, this one's time does not run."""
    clock = Clock.start(10).stopped()
    assert clock.spent == clock.spent


@pytest.mark.parametrize("budget", ["soon", "-1", "0", "nan", "inf"])
def test_budgets_that_make_no_sense(budget: str) -> None:
    """'nan' is a number to Python."""
    with pytest.raises(UsageError, match="budget"):
        budget_seconds(budget, 10, 10)
