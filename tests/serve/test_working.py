"""The labels as they stand are those that the journal says, by whatever way they came about."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import RequestError
from app.serve.edits import Edit
from app.serve.meta import Meta
from app.serve.thresholds import Thresholds
from app.serve.working import Working

META = Meta("a.png", "input.png", "", 0.0, height=60, width=80, cells="1")
POINT = st.tuples(st.floats(0, 79.9), st.floats(0, 59.9))
DONE = st.one_of(
    st.sampled_from(["undo", "redo"]),
    st.tuples(st.sampled_from(["delete", "merge", "split", "draw"]), st.lists(POINT, min_size=3, max_size=5)),
)


def tracked(folder: Path, shift: int = 0, name: str = "1") -> Path:
    """Four cells as tracking leaves them."""
    y, x = np.mgrid[:60, :80]
    labels = np.zeros((60, 80), np.int32)
    for number, (cy, cx) in enumerate(((15, 15), (15, 30), (40, 30), (45, 60)), 1):
        labels[(y - cy) ** 2 + (x - cx - shift) ** 2 <= 64] = number
    cells = folder / f"cells-{name}"
    cells.mkdir(parents=True, exist_ok=True)
    np.save(cells / "labels.npy", labels)
    np.save(cells / "scores.npy", np.array([0.9, 0.5, 0.7, 0.2], np.float32))
    np.save(cells / "sizes.npy", np.bincount(labels.ravel()))
    return folder


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(DONE, max_size=12))
def test_steps_and_the_journal_lead_to_the_same(
    tmp_path_factory: pytest.TempPathFactory, done: list[Any]
) -> None:
    """A restart that makes the labels anew must not show other ones than a person left."""
    folder = tracked(tmp_path_factory.mktemp("image"))
    working = Working(folder, META)
    for one in done:
        try:
            if isinstance(one, str):
                getattr(working, one)()
            else:
                working.edit(Edit(one[0], tuple(one[1])))
        except RequestError:
            continue
    labels, scores, version = working.cells.labels.copy(), working.cells.scores, working.version
    kept = Working(folder, META)
    np.testing.assert_array_equal(kept.cells.labels, labels)
    (folder / "labels.json").unlink()
    anew = Working(folder, META)
    np.testing.assert_array_equal(anew.cells.labels, labels)
    assert (kept.version, anew.version) == (version, version)
    ids = anew.cells.ids
    np.testing.assert_array_equal(anew.cells.scores[ids], scores[ids])


@pytest.mark.parametrize("step", ["unstamp", "put", "write_stamp"])
def test_killed_in_the_middle_of_a_correction(
    tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once its line is on the disk the correction holds, whatever of it had been done."""
    folder = tracked(tmp_path)
    working = Working(folder, META)
    working.edit(Edit("delete", ((15.0, 15.0),)))

    def killed(*_: Any) -> None:
        working.cells.labels[:5] = 99
        raise SystemExit(9)

    monkeypatch.setattr(working.cells if step == "put" else working, step, killed)
    if step == "unstamp":  # killed before anything was changed, but after the line was written
        monkeypatch.setattr(working, step, lambda: exec("raise SystemExit(9)"))
    with pytest.raises(SystemExit):
        working.edit(Edit("delete", ((30.0, 40.0),)))
    again = Working(folder, META)
    assert again.cells.ids.tolist() == [2, 4]
    assert 99 not in again.cells.labels


def test_what_is_left_out_comes_back(tmp_path: Path) -> None:
    folder = tracked(tmp_path)
    working = Working(folder, META)
    working.edit(Edit("delete", ((15.0, 15.0),)))
    working.edit(Edit("draw", ((65.0, 5.0), (75.0, 5.0), (75.0, 15.0))))
    for score, expected in ((0.6, [3, 5]), (0.0, [2, 3, 4, 5]), (1.0, [5])):
        working.set_filter(replace(META, thresholds=Thresholds(score=score)))
        assert working.cells.ids.tolist() == expected, "a cell that a person drew is sure"


def test_corrections_hold_on_cells_that_were_tracked_anew(tmp_path: Path) -> None:
    """Places, not ids: the same cell a little aside is still none, and a cell elsewhere is not touched."""
    folder = tracked(tmp_path)
    working = Working(folder, META)
    working.edit(Edit("delete", ((15.0, 15.0),)))
    working.edit(Edit("merge", ((30.0, 15.0), (30.0, 40.0))))
    anew = Working(tracked(folder, shift=2, name="2"), replace(META, cells="2"))
    assert anew.cells.ids.tolist() == [4, 5]
    far = Working(tracked(folder, shift=10, name="3"), replace(META, cells="3"))
    assert far.passed_over == 2
    assert far.cells.ids.size == 4
