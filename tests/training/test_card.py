"""The model card's parts say what the logs and the data say."""

from __future__ import annotations

import pytest

from training.card import card, wall_time
from training.log import COLUMNS


def test_card_carries_phases_data_and_scores(tmp_path, small_phase):
    runs = tmp_path / "runs"
    runs.mkdir()
    rows = [f"{step},0.5,0.25,1.0,1e-3,{6.0 * step}" for step in (20, 40, 60)]
    (runs / "small.csv").write_text("\n".join([",".join(COLUMNS), *rows]) + "\n")
    data = tmp_path / "data"
    (data / "field").mkdir(parents=True)
    (data / "field" / "SOURCE.md").write_text("# field\n- licence: CC0\n- citation: Someone, 2020\n")
    (data / "splits.csv").write_text("set,id,split\nfield,a,train\nfield,b,train\nfield,c,test\n")
    (tmp_path / "scores.md").write_text("| the | table |\n")

    text = card([small_phase], runs, data, tmp_path / "scores.md")
    assert "| small | random | 60 | 2 | 64 px | 0.002 | 20221212 | 6 | 0.500 | 0.250 |" in text
    assert "| field | 2 | CC0 | Someone, 2020 |" in text
    assert "| the | table |" in text


@pytest.mark.parametrize(("seconds", "total"), [([10, 20, 30], 30), ([10, 20, 5, 15], 35), ([7], 7)])
def test_time_of_resumed_runs_is_added_up(seconds, total):
    assert wall_time(seconds) == total
