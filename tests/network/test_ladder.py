"""Plans: the ladder as data, what its steps mean, and what fits."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import WeightsError
from app.network.ladder import (
    Rung,
    Step,
    carried_steps,
    choose,
    ladder,
    pass_order,
    published,
    read_steps,
    steps_of,
)
from app.network.scales import AUTO, worth_running
from app.network.weights import find_weights
from app.network.windows import View
from app.settings import Windows


def test_without_a_clock_the_published_strategy_is_run() -> None:
    """Who sets no limit gets everything, whatever the ladder says pays."""
    assert published(2, Windows()) == Rung(0.6, 6)
    assert pass_order(2) == [(view, model) for view in View for model in (0, 1)]


@given(seconds=st.floats(-5, 1e4), per_window=st.floats(1e-3, 5))
def test_the_chosen_rung_fits_or_is_the_cheapest(seconds: float, per_window: float) -> None:
    """A plan that does not fit is late by design."""
    rungs = ladder(carried_steps(), 2, Windows(), AUTO)
    costs = {rung: per_window * rung.count((1000, 1500), Windows()) for rung in rungs}
    chosen = choose(rungs, seconds, costs.__getitem__)
    assert costs[chosen] <= seconds or costs[chosen] == min(costs.values())
    better = rungs[: rungs.index(chosen)]
    assert all(costs[rung] > seconds for rung in better)


def test_the_ladder_ends_at_its_cheapest_rung() -> None:
    """The last resort must be the least work, or being late costs more than it must."""
    rungs = ladder(carried_steps(), 2, Windows(), AUTO)
    counts = [rung.count((3000, 3000), Windows()) for rung in rungs]
    assert counts[-1] == min(counts)
    assert counts[0] == max(counts)


def test_scales_beside_1_may_take_fewer_passes() -> None:
    """A count of windows that forgets it plans for time that is not taken; a scale alone gets all passes."""
    rung = Step(0.25, 3, 1).rung(2, (2.0, 1.0, 0.5))
    assert [rung.passes_at(scale) for scale in rung.scales] == [2, 6, 2]
    assert Step(0.25, 3, 1).rung(2, (0.5,)).passes_at(0.5) == 6
    shape = 700, 900
    alone = [Rung(0.25, passes, (scale,)) for passes, scale in [(2, 2.0), (6, 1.0), (2, 0.5)]]
    assert rung.count(shape, Windows()) == sum(one.count(shape, Windows()) for one in alone)


def test_scale_1_is_the_last_to_go() -> None:
    """A cold start left a tissue of 512 px its half and quarter: 39 cells in the place of 55."""
    shape = 512, 512
    scales = worth_running(AUTO, shape)
    rungs = ladder(carried_steps(), 2, Windows(), scales)
    fewest = choose(rungs, 0.0, lambda rung: rung.count(shape, Windows()))
    assert fewest == Rung(0.1, 1, (1.0,))
    within = [choose(rungs, left, lambda rung: rung.count(shape, Windows())) for left in range(1, 40)]
    assert all(1.0 in rung.scales for rung in within)


@pytest.mark.parametrize(
    ("kind", "scales", "kept"),
    [
        ("native", AUTO, (1.0,)),
        ("native", (2.0,), (2.0,)),
        ("native", (0.5, 0.25), (0.5,)),
        ("undoubled", AUTO, (1.0, 0.5, 0.25, 0.125)),
        ("undoubled", (2.0,), (2.0,)),
    ],
)
def test_kinds_of_scales_keep_what_was_asked_for(
    kind: str, scales: tuple[float, ...], kept: tuple[float, ...]
) -> None:
    """`--scales 2` has to be scale 2 however little time there is."""
    assert Step(0.1, 1, 1, "one", kind).rung(2, scales).scales == kept


def test_the_coarse_step_leaves_an_image_a_scale() -> None:
    """A thumbnail that is seen at scale 1 only must still have a last resort."""
    step = Step(0.1, 1, 1, "one", "coarse")
    assert step.rung(2, AUTO).scales == (0.5, 0.25, 0.125)
    assert step.rung(2, (1.0,)) == Rung(0.1, 1, (0.5,))


def test_an_overlap_that_was_set_is_not_exceeded() -> None:
    """`Windows.overlap` is the most that a user wants."""
    rungs = ladder(carried_steps(), 2, Windows(overlap=0.05))
    assert {rung.overlap for rung in rungs} == {0.05}


def test_the_carried_ladder_is_in_the_order_of_what_was_measured() -> None:
    """From dearest to cheapest; a step that a cheaper one clearly beats has no place in it."""
    steps = steps_of(find_weights("compact"))
    assert all(a.f1 >= b.f1 - 0.003 for a, b in pairwise(steps))
    assert [step.time for step in steps] == sorted((step.time for step in steps), reverse=True)
    assert all(step.f1 > 0 for step in steps)


def test_an_encoder_without_a_ladder_takes_the_first(tmp_path: Path) -> None:
    """The published pair has another encoder and brings no ladder."""
    path = tmp_path / "ladder.json"
    path.write_text(json.dumps({"mit_b0": [{"overlap": 0.1, "views": 1, "beside": 1}]}))
    assert read_steps(path, "mit_b5") == read_steps(path, "mit_b0") == (Step(0.1, 1, 1),)


FINE = '{"mit_b0": [{"overlap": 0.1, "views": 1, "beside": 1, "scales": "fine"}]}'


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"mit_b0": [{"passes": 3}]}', '{"mit_b0": []}', FINE])
def test_a_broken_ladder_is_named(tmp_path: Path, text: str) -> None:
    """A file that was cut or edited badly is one line, not a traceback."""
    path = tmp_path / "ladder.json"
    path.write_text(text)
    with pytest.raises(WeightsError, match=r"ladder\.json: .*restore the folder"):
        read_steps(path, "mit_b0")
