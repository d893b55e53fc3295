"""Crops of a run are as large as the machine is quick, and never too small for the cells."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from training.tuning.clock import Clock
from training.tuning.pace import CROPS, ENOUGH, paced
from training.tuning.settings import Tuning
from training.tuning.student import Student


@dataclass(frozen=True)
class Cells:
    """What a sample tells of its cells."""

    diameter: float


FIVE_MINUTES = 300.0


@pytest.mark.parametrize(
    ("a_step", "crop"),
    [
        (0.1, 256),  # 0.4 s at 256 px: 750 steps
        (0.17, 192),  # 0.38 s at 192 px: 784 steps, and at 256 px too few
        (1.3, 128),  # a CPU without bfloat16 on one core
        (60.0, 128),  # too slow for anything: what is quickest
    ],
)
def test_crops_leave_time_for_enough_steps(a_step, crop):
    """A laptop that makes sixty steps of large crops in five minutes learns half of what it could."""
    assert paced(Tuning(), [Cells(25.0)], FIVE_MINUTES, a_step).crop == crop


def test_large_cells_have_room_in_the_crop():
    """Crops of 128 px would show a cell of 100 px without its surroundings."""
    assert paced(Tuning(), [Cells(20.0), Cells(70.0)], FIVE_MINUTES, 5.0).crop == 192
    assert paced(Tuning(), [Cells(108.0)], FIVE_MINUTES, 5.0).crop == 256
    assert paced(Tuning(), [Cells(400.0)], FIVE_MINUTES, 5.0).crop == 256  # 100 px at a quarter


def test_crops_are_never_larger_than_asked_for():
    assert paced(Tuning(crop=64), [Cells(25.0)], FIVE_MINUTES, 0.01).crop == 64


def test_more_time_never_makes_crops_smaller():
    crops = [paced(Tuning(), [Cells(25.0)], 30.0 * minutes, 0.2).crop for minutes in range(1, 30)]
    assert crops == sorted(crops)
    assert set(crops) == set(CROPS)
    assert paced(Tuning(), [Cells(25.0)], ENOUGH * 0.5, 0.5).crop == CROPS[-1]


def test_the_trial_teaches_nothing(start, short):
    """Steps that only tell the time must leave weights, gradients and norms as they are."""
    from training.network import load_network

    student = Student.of(load_network(start.members[0].file), short)
    before = {name: value.clone() for name, value in student.model.state_dict().items()}
    assert student.seconds(64) > 0
    assert all(value.equal(before[name]) for name, value in student.model.state_dict().items())
    assert all(p.grad is None for p in student.model.parameters())


def test_what_is_left_of_the_time_is_what_progress_counts():
    clock = Clock(Tuning(minutes=1.0), began=Clock(Tuning()).began - 20)
    clock.start_training(set_aside=10)
    assert clock.left == pytest.approx(30, abs=0.5)
    assert clock.progress(0) == pytest.approx(0, abs=0.01)
