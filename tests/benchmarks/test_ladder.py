"""Which steps become rungs: what a plan may fall back on for years is decided by a rule, not by noise."""

from __future__ import annotations

from app.network.ladder import Step
from benchmarks.ladder import Measured, front


def measured(f1: float, windows: int, models: str = "all", scales: str = "all", views: int = 1) -> Measured:
    """A step as it came out."""
    return Measured(Step(0.1, views, 1, models, scales), f1, {}, windows)


def test_what_sees_no_more_has_to_be_better() -> None:
    """Flips that gain nothing cost every user their time."""
    more, less = measured(0.8304, 100, views=3), measured(0.83, 90)
    assert front([more, less]) == [less]
    assert front([measured(0.832, 100, views=3), less])[0].windows == 100


def test_what_sees_more_stays_unless_it_is_clearly_worse() -> None:
    """The images measured on hold few large cells; without coarse scales these would be lost for a tie."""
    every, native = measured(0.829, 100), measured(0.83, 60, scales="native")
    assert front([every, native]) == [every, native]
    assert front([measured(0.82, 100), native]) == [native]


def test_scale_1_beats_coarse_scales_that_cost_more() -> None:
    """As a plan of two models at a half and a quarter did, at 0.1 F1 less."""
    native, coarse = measured(0.828, 50, "one", "native"), measured(0.726, 60, "all", "coarse")
    assert front([coarse, native]) == [native]
