"""`--specialist` reaches every way to a label."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.errors import UsageError
from app.network import Weights
from app.network.architecture import Architecture
from app.network.weights import Calibration, Member, Specialist, Specialists
from app.run import calibrated

PAIR = tuple(Member(Path(f"{n}.safetensors"), Architecture(), n * 64) for n in "12")
TISSUE = Member(Path("tissue.safetensors"), Architecture(), "3" * 64)
WEIGHTS = Weights(
    "pair",
    PAIR,
    Calibration(),
    Specialists((Specialist("tissue", TISSUE, 0.1),), Path("looks.safetensors"), "4" * 64),
)


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Weights]:
    """What `--specialist` makes of the weights."""
    monkeypatch.setattr(calibrated, "find_weights", lambda _: WEIGHTS)
    return lambda specialist: calibrated.chosen_weights("pair", "calibrated", "auto", specialist)


def test_none_and_one_alone(chosen: Callable[[str], Weights]) -> None:
    assert chosen("auto") == WEIGHTS
    assert chosen("none") == replace(WEIGHTS, specialists=None)
    alone = chosen("tissue")
    assert alone.members == (TISSUE,)
    assert alone.specialists is None
    assert alone.calibration is None, "settings were chosen by what the pair sees"
    assert len({chosen(name).identity for name in ("auto", "none", "tissue")}) == 3


def test_a_name_of_nobody_is_one_line(chosen: Callable[[str], Weights], monkeypatch: Any) -> None:
    with pytest.raises(UsageError, match=r"specialist 'blood': pair knows no such model; tissue"):
        chosen("blood")
    monkeypatch.setattr(calibrated, "find_weights", lambda _: replace(WEIGHTS, specialists=None))
    with pytest.raises(UsageError, match="it has none"):
        chosen("tissue")


def test_settings_of_a_modality_are_not_a_specialists(bright_blobs: Any) -> None:
    from app.network import Network, Progress, Setting
    from app.network.ladder import Rung
    from app.settings import Tracking, Windows

    calibration = Calibration(Setting("common", Tracking(min_size=99)))
    network = Network([bright_blobs], Windows(), calibration=calibration)
    mine = network.setting(Progress(Rung(0.5, 1), 1, specialist="tissue"))
    assert mine == Setting("tissue")
    assert network.setting(Progress(Rung(0.5, 1), 1)) == calibration.common
