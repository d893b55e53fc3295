"""What the index says of the steps after the network is read as it was written, or refused in one line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from app.errors import WeightsError
from app.network.weights import Calibration, Setting, find_weights
from app.network.weights.calibration import Modality
from app.settings import Merging, Tracking

CHOSEN = Calibration(
    Setting("common", Tracking(min_size=32), Merging(least=0.3), (1.0, 0.5)),
    (
        Modality((1.0, 0.0), 0.3, Setting("m0", Tracking(probability_threshold=0.4))),
        Modality((0.8, 0.6), 0.7, Setting("m1")),
    ),
)


def calibrate(folder: Path, told: object) -> Path:
    """Writes `told` into the index of a folder of weights."""
    index = json.loads((folder / "index.json").read_text())
    index["random"]["calibration"] = told
    (folder / "index.json").write_text(json.dumps(index))
    return folder


@pytest.fixture
def copy(random_pair: Path, tmp_path: Path) -> Path:
    """A pair to be calibrated."""
    return Path(shutil.copytree(random_pair, tmp_path / "copy"))


def test_what_is_written_is_read(copy: Path) -> None:
    """Only differences are written, so new defaults reach what nobody has chosen."""
    told = CHOSEN.to_dict()
    assert told["common"] == {"tracking": {"min_size": 32}, "merging": {"least": 0.3}, "scales": [1.0, 0.5]}
    assert find_weights(str(calibrate(copy, told))).calibration == CHOSEN


def test_the_record_tells_settings_apart(copy: Path) -> None:
    """Labels made with other settings once counted as done."""
    plain = find_weights(str(copy))
    assert plain.calibration is None
    first = find_weights(str(calibrate(copy, CHOSEN.to_dict()))).identity
    second = find_weights(str(calibrate(copy, Calibration().to_dict()))).identity
    assert len({plain.identity, first, second}) == 3
    assert first.startswith(plain.identity)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"common": {"tracking": {"colour": 3}}}, "colour"),
        ({"common": {"merging": {"least": "much"}}}, "least is 'much', not a number"),
        ({"common": {"merging": {"least": float("nan")}}}, "not a number"),
        ({"modalities": []}, "common"),
        ({"common": {}, "modalities": [{"centre": [1]}]}, "reach"),
        ([], "incomplete"),
    ],
)
def test_a_damaged_entry_is_one_line(copy: Path, told: object, words: str) -> None:
    """An index is edited by hand at times; a setting that is misspelt must not be passed over."""
    with pytest.raises(WeightsError, match=words) as caught:
        find_weights(str(calibrate(copy, told)))
    assert "\n" not in str(caught.value)


def test_the_nearest_modality_within_its_reach_decides() -> None:
    """An image that is like none that was calibrated on takes the setting that holds for all."""
    assert CHOSEN.setting_for((1.0, 0.0)).name == "m0"
    assert CHOSEN.setting_for((0.8, 0.6)).name == "m1"
    assert CHOSEN.setting_for((0.95, 0.3122)).name == "m1", "outside of m0's reach, though it is nearer"
    assert CHOSEN.setting_for((-1.0, 0.0)).name == "common"
    assert CHOSEN.setting_for(None).name == "common"


def test_scales_of_a_setting_never_leave_nothing() -> None:
    """A small image is not run at every scale."""
    setting = CHOSEN.common
    assert setting.heard([(2.0, "a"), (1.0, "b"), (0.25, "c")]) == [(1.0, "b")]
    assert setting.heard([(2.0, "a"), (0.25, "c")]) == [(2.0, "a"), (0.25, "c")]
    assert Setting().heard([(2.0, "a")]) == [(2.0, "a")]


def test_settings_in_words() -> None:
    """The log names what was changed."""
    assert str(CHOSEN.common) == "min_size 32, least 0.3, scales 1 0.5"
    assert str(Setting()) == "the defaults"
