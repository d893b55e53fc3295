"""A kind left out is out, and the two arms differ by the bank alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.leave_out import BANK, BASE, KINDS, SHARE, left_out, mixed, only, without
from training.settings import Phase

SETS = Phase.load(Path(__file__).parents[2] / "training" / "phases" / "any1.toml").sets
REAL = {name: share for name, share in SETS.items() if name != BANK}


@pytest.mark.parametrize("kind", ["usiigaci", "tnbc", *KINDS, "bacteria+tnbc"])
def test_a_kind_is_left_out_whole(kind: str) -> None:
    """A set misspelt here would stay in training, and its F1 would be called that of the unseen."""
    assert set(left_out(kind)) <= set(REAL)
    left = without(REAL, left_out(kind))
    assert not set(left_out(kind)) & set(left)
    assert len(left) == len(REAL) - len(left_out(kind))
    assert not set(left_out(kind)) & set(BASE)


def test_the_bank_takes_its_share_from_all_alike() -> None:
    """Other ratios among the real sets would be a second difference between the arms."""
    real, both = mixed(REAL, 0.0), mixed(REAL, SHARE)
    assert BANK not in real
    assert sum(real.values()) == pytest.approx(1)
    assert both.pop(BANK) == SHARE
    assert both == pytest.approx({name: (1 - SHARE) * share for name, share in real.items()})


def test_colours_of_a_set_go_with_it() -> None:
    """dsb2018 is drawn as two modalities; half of it left behind would not be the base that is told of."""
    assert set(only(REAL, ["dsb2018"])) == {"dsb2018/gray", "dsb2018/rgb"}
    assert not any(name.startswith("dsb2018") for name in without(REAL, ["dsb2018"]))
