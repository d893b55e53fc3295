"""Films are found by their names, cut by the split in time, and placed by what is seen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.errors import MediarError
from training.films import FRAME, find_runs, judged_clips, load_clip, training_clips

REAL = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture
def film(tmp_path: Path, write_pair: Callable[..., None]) -> Callable[..., Path]:
    """`film(set, ids)` → folder with a pair of 40 × 48 px for each id, one cell that goes right."""

    def make(name: str, ids: list[str]) -> Path:
        rng = np.random.default_rng(0)
        for number, one in enumerate(ids):
            labels = np.zeros((40, 48), np.uint16)
            labels[10:20, 5 + number : 15 + number] = 1
            image = (100 * (labels > 0) + rng.integers(0, 100, labels.shape)).astype(np.uint8)
            write_pair(tmp_path / name, one, image, labels, "png")
        return tmp_path

    return make


def ids(runs: Any) -> list[list[str]]:
    return [[pair.id for pair in run] for run in runs]


@pytest.mark.parametrize(
    ("name", "number"),
    [("t000", "000"), ("t12", "12"), ("trap_a_tp3", "3"), ("x-t07", "07"), ("set12", None), ("04_1", None)],
)
def test_a_number_alone_is_no_frame(name, number):
    """usiigaci's set1, set2, … and tnbc's 04_1, 04_2, … are single images."""
    found = FRAME.fullmatch(name)
    assert (found and found[2]) == number


def test_a_frame_of_val_is_never_drawn(film):
    """A split that cuts a film in its middle: no sample goes over the cut, or a missing frame."""
    root = film("cells", [f"t{n}" for n in (8, 9, 10, 11, 12, 13, 15, 16, 17)])
    splits = {n: "val" if n == 11 else "train" for n in range(8, 18)}
    table = "".join(f"cells,t{n},{split}\n" for n, split in splits.items())
    (root / "splits.csv").write_text("set,id,split\n" + table)
    runs = find_runs(root, {"cells"})
    assert ids(runs["train"]) == [["t8", "t9", "t10"], ["t12", "t13"], ["t15", "t16", "t17"]]
    assert ids(runs["val"]) == [["t11"]]
    drawn = training_clips(runs["train"], 2)
    assert len(drawn) == 2 + 1 + 2
    assert "t11" not in {frame.pair.id for clip in drawn for frame in clip.frames}


def test_the_end_of_a_film_without_split_is_val(film):
    root = film("cells", [f"a_t{n}" for n in range(8)] + ["other"])
    film("untold", ["t0"])
    runs = find_runs(root, {"cells"})
    assert ids(runs["train"]) == [[f"a_t{n}" for n in range(6)]]
    assert ids(runs["val"]) == [["a_t6", "a_t7"]]


def test_every_frame_is_judged_once(film):
    runs = [list(find_runs(film("cells", [f"t{n}" for n in range(10)]), {"cells"})["train"][0])]
    clips = judged_clips(runs, 5)
    assert [len(clip.frames) for clip in clips] == [5, 3]
    assert [frame.pair.id for clip in clips for frame in clip.frames] == [f"t{n}" for n in range(8)]


def test_too_few_frames_are_one_line(film):
    runs = find_runs(film("cells", ["t0", "t1", "t2"]), {"cells"})
    with pytest.raises(MediarError, match="no film has 5 consecutive frames"):
        training_clips(runs["train"], 5)
    with pytest.raises(MediarError, match="no frame of a film is in val"):
        judged_clips([], 5)


def test_a_frame_of_another_size_is_one_line(film, write_pair):
    root = film("cells", [f"t{n}" for n in range(4)])
    write_pair(root / "cells", "t1", np.ones((40, 40), np.uint8), np.eye(40, dtype=np.uint16), "png")
    with pytest.raises(MediarError, match=r"t1.png: is \(40, 40\), the film began with \(40, 48\)"):
        load_clip(find_runs(root, {"cells"})["train"][0])


def test_two_frames_of_one_number_are_one_line(film):
    with pytest.raises(MediarError, match="the same frame"):
        find_runs(film("cells", ["t1", "t01"]), {"cells"})


@pytest.mark.skipif(not (REAL / "films").is_dir(), reason="the real film is not there")
def test_the_real_films():
    """E. coli under a stage that drifts by 624 px in all; the yeast's trap stands still."""
    runs = find_runs(REAL / "films", {"ecoli_trpL"})
    assert [len(run) for run in (*runs["train"], *runs["val"])] == [15, 5]
    places = load_clip(runs["train"][0][:3]).places
    assert np.abs(np.subtract(places, [(0, 0), (-24, 104), (-32, 182)])).max() <= 3  # of its outlines
    yeast = find_runs(REAL / "cells", {"baby", "usiigaci", "tnbc"})
    assert [len(run) for run in (*yeast["train"], *yeast["test"])] == [5, 5]
    assert set(load_clip(yeast["test"][0]).places) == {(0, 0)}
