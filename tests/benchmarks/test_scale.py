"""The arithmetic of large work: bounds that no spread may break."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.cluster.cut import HALO, ROWS
from benchmarks.scale import WORK, World, many, rows, simulate, slide

CALM = World(spread=0, straggler=0, failures=0, dealing=0)


def test_without_trouble_work_is_shared_evenly() -> None:
    """A simulation that gains or loses work by itself tells nothing."""
    assert simulate([2.0] * 8, 1, CALM)[-1] == pytest.approx(16)
    assert max(simulate([2.0] * 8, 4, CALM)) == pytest.approx(4)
    assert many(10, 3, 1, CALM) == pytest.approx(30 * WORK)


def test_trouble_costs_time() -> None:
    """Each kind of it, and the scheduler's own pace bounds what any number of nodes can do."""
    calm = many(200, 2, 4, CALM)
    for trouble in ({"straggler": 0.5}, {"failures": 20.0}, {"dealing": 20.0}):
        assert many(200, 2, 4, replace(CALM, **trouble)) > 1.2 * calm
    assert many(200, 2, 100, replace(CALM, dealing=1.0)) >= 199


def test_tracking_bounds_a_slide() -> None:
    """One process tracks: a thousand nodes are no faster than it."""
    world = replace(CALM, tracked=0.1)
    alone = slide(20 * ROWS, 10_000, 1, world)
    pure = WORK * 20 * ROWS * 10_000 / 1e6
    assert 0.9 * pure < alone < pure * (1 + HALO / ROWS)
    assert slide(20 * ROWS, 10_000, 1000, world) > 0.1 * pure


def test_the_table_is_whole() -> None:
    """Three jobs at three sizes."""
    assert len(list(rows(CALM, 100))) == 2 + 9
