"""Time: the tolerance, and what is left of it."""

from __future__ import annotations

import pytest

from app.errors import UsageError
from app.network.clock import Clock, budget_seconds, tolerance


@pytest.mark.parametrize(
    ("shape", "seconds"),
    [((1, 1), 10), ((1000, 1000), 10), ((1000, 1001), 10.01), ((8415, 10496), 883.2384)],
)
def test_tolerance(shape: tuple[int, int], seconds: float) -> None:
    """The challenge's rule: 10 s up to 10⁶ pixels, then 10 s per 10⁶."""
    assert tolerance(*shape) == pytest.approx(seconds)


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
