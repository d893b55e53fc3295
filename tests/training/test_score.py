"""Scores, selection, relabelling and pictures, on engines whose answers are known."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import label

from app.cells.diffusion import labels_to_flow
from app.errors import UsageError
from app.network import Calibration, Network, Setting
from app.network.scales import AUTO, worth_running
from app.network.windows import View
from app.settings import Merging
from training.data import DataError, find_pairs, load_labels
from training.gallery import gallery
from training.judge import f1_by_size, judge
from training.passes import WINDOWS, segment_all, variants
from training.relabel import add_common, relabel
from training.score import goal_table, mean_by_set, report, score, write_rows
from training.select import by_count, by_labels


class Seer:
    """Answers as a perfect network would, for bright cells that do not touch; `blind` sees nothing."""

    batch = 1

    def __init__(self, name="seer", blind=False, skip=0):
        self.name, self.blind, self.skip = name, blind, skip

    def __call__(self, windows):
        outputs = np.zeros(windows.shape, np.float32)
        for window, output in zip(windows, outputs, strict=True):
            cells = label(window[0] > 0.5)[0]
            cells[np.isin(cells, np.arange(1, self.skip + 1)) | self.blind] = 0
            output[:2] = 5 * labels_to_flow(cells)
            output[2] = np.where(cells > 0, 6.0, -6.0)
        return outputs


def disks(radius=9, step=40, side=(120, 160)):
    y, x = np.mgrid[: side[0], : side[1]]
    inside = ((y % step - step // 2) ** 2 + (x % step - step // 2) ** 2) <= radius**2
    labels = label(inside)[0].astype(np.int32)
    image = np.repeat(np.where(inside, 250, 10).astype(np.uint8)[..., None], 3, axis=2)
    image[0, 0] = 0
    return image, labels


@pytest.fixture
def pairs(tmp_path, write_pair):
    image, labels = disks()
    for name in ("one", "two"):
        write_pair(tmp_path / "data" / name, "a", image, labels.astype(np.uint16), "png")
    return find_pairs(tmp_path / "data", "test")


def test_variants_are_the_rows_of_the_papers_table_4():
    names = [variant.name for variant in variants(2)]
    assert names == [
        "model 1",
        "model 2",
        "ensemble",
        "model 1 with flips",
        "model 2 with flips",
        "ensemble with flips, scale 1",
        "ensemble with flips",
    ]
    assert len(variants(2)[-1].keys) == 6
    assert variants(1)[0].keys == ((0, View.IDENTITY),)
    assert [variant.name for variant in variants(1)] == ["model 1", "model 1 with flips"]
    quick = [variant.name for variant in variants(2, flips=False)]
    assert quick == ["model 1", "model 2", "ensemble, scale 1", "ensemble"]


def test_what_was_chosen_stands_beside_the_defaults(pairs):
    """One look tells what a calibration is worth: here it asks for a score that no cell has."""
    deaf = Calibration(Setting(merging=replace(Merging(), least=2.0)))
    wanted = variants(1, calibrated=True)
    knows = Network([Seer()], WINDOWS, calibration=deaf)
    assert [variant.name for variant in wanted[-2:]] == [
        "model 1 with flips, default settings",
        "model 1 with flips",
    ]
    by_name = mean_by_set(score([Seer()], pairs, wanted, knows), "f1")
    assert by_name["model 1 with flips, default settings"][""] == 1.0
    assert by_name["model 1 with flips"][""] == 0.0
    assert by_name["model 1"][""] == 0.0


def test_a_perfect_network_scores_one_with_and_without_flips(pairs):
    rows = score([Seer()], pairs, variants(1))
    assert [row.scores.f1 for row in rows] == [1.0] * 4
    assert all(row.scores.map > 0.8 for row in rows)
    assert mean_by_set(rows, "f1")["model 1 with flips"] == {"one": 1.0, "two": 1.0, "": 1.0}


def test_each_model_is_scored_by_its_own_answers(pairs):
    """A mix-up of models would give both the same row."""
    rows = score([Seer(), Seer(blind=True)], pairs[:1], variants(2))
    by_name = {row.variant: row.scores.f1 for row in rows}
    assert by_name["model 1"] == 1.0
    assert by_name["model 2"] == 0.0
    assert by_name["model 2 with flips"] == 0.0


def test_tables_show_every_set_and_write_every_row(tmp_path, pairs):
    rows = score([Seer()], pairs, variants(1))
    text = report(rows, "seer on the test split")
    assert "| one | 1 | 1.000 |" in text
    assert "| mean over sets | 2 | 1.000 |" in text
    assert "| 12–25 px |" in text
    write_rows(rows, tmp_path / "out" / "scores.csv")
    with (tmp_path / "out" / "scores.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 4


def test_floor_and_aim_stand_beside_the_sets_that_have_them(tmp_path, write_pair):
    image, labels = disks()
    write_pair(tmp_path / "tnbc", "a", image, labels.astype(np.uint16), "png")
    rows = score([Seer()], find_pairs(tmp_path, "test"), variants(1)[:1])
    assert "| tnbc | 1 | 1.000 | " in goal_table(rows, "model 1")
    assert "| 0.78 | 0.82 |" in goal_table(rows, "model 1")


def test_cells_are_counted_by_their_size():
    true = np.zeros((400, 400), np.int32)
    true[50:60, 50:60] = 1  # 11 px across
    true[100:300, 100:300] = 2  # 226 px
    found = np.where(true == 1, 1, 0).astype(np.int32)
    found[100:150, 100:150] = 2  # a shard of the large cell
    scores = f1_by_size([judge(true, found)])
    assert scores["under 12 px"] == 1.0
    assert scores["over 100 px"] == 0.0
    assert scores["25–50 px"] is None
    assert judge(true, found).by_size[3] == (0, 1, 0)  # the shard is invented in its own class


def test_selection_takes_the_better_model(tmp_path, pairs):
    models = {tmp_path / "good.pt": Seer(), tmp_path / "bad.pt": Seer(skip=6)}
    best, table = by_labels(list(models), pairs, models.__getitem__)
    assert best.name == "good.pt"
    assert "| good | 1.000 |" in table
    best, table = by_count(list(models), tmp_path / "data" / "one" / "images", models.__getitem__)
    assert best.name == "good.pt"
    assert "| good | 12 |" in table
    assert "| bad | 6 |" in table


def test_selection_among_files_of_one_name(tmp_path, pairs):
    """Their scores were averaged into one, and the first was called the best."""
    models = {tmp_path / "a" / "tuned.pt": Seer(skip=6), tmp_path / "b" / "tuned.pt": Seer()}
    best, table = by_labels(list(models), pairs, models.__getitem__)
    assert best == tmp_path / "b" / "tuned.pt"
    assert f"| {best} | 1.000 |" in table


def test_selection_by_no_image_is_refused(tmp_path):
    """The first of the candidates was called the best."""
    with pytest.raises(UsageError, match="holds no images"):
        by_count([tmp_path / "a.pt"], tmp_path, lambda _: Seer())


def test_relabelling_adds_forgotten_cells_only_where_models_disagree(tmp_path, write_pair):
    image, labels = disks()
    forgotten = np.where(labels > 8, 0, labels)
    write_pair(tmp_path / "data" / "one", "a", image, forgotten.astype(np.uint16), "png")
    pairs = find_pairs(tmp_path / "data", "train")

    (agreed,) = relabel([Seer(), Seer()], pairs, tmp_path / "same")
    assert (agreed.agreement, agreed.added) == (1.0, 0)
    (changed,) = relabel([Seer(), Seer(skip=6)], pairs, tmp_path / "new")
    assert changed.agreement < 0.8
    assert changed.added == 4
    (pair,) = find_pairs(tmp_path / "data", "train", tmp_path / "new")
    new = load_labels(pair.label)
    assert new.max() == 12
    assert (new[forgotten > 0] == forgotten[forgotten > 0]).all()  # drawn cells stay
    with pytest.raises(DataError, match="compares two models"):
        relabel([Seer()], pairs, tmp_path / "new")


def test_a_cell_over_a_drawn_one_is_not_added():
    true = np.zeros((40, 40), np.int32)
    true[5:20, 5:20] = 1
    found = np.zeros((40, 40), np.int32)
    found[5:20, 10:25] = 1  # two thirds of it on the drawn cell
    found[30:38, 30:38] = 2
    labels, added = add_common(true, found, found)
    assert added == 1
    assert labels[12, 22] == 0
    assert (labels[30:38, 30:38] == 2).all()


def test_pictures_of_the_worst_cases(tmp_path, pairs):
    table = gallery([Seer(skip=3)], pairs, tmp_path / "out", 1)
    pictures = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert len(pictures) == 2
    assert pictures[0].startswith("one_0.")
    assert "| one | a |" in table


def test_passes_are_run_once_for_all_variants():
    calls = []
    seer = Seer()

    class Counted:
        name, batch = "counted", 1

        def __call__(self, windows):
            calls.append(len(windows))
            return seer(windows)

    segment_all([Counted()], disks()[0], variants(1))
    scales = worth_running(AUTO, disks()[0].shape[:2])
    assert len(calls) == 3 * (len(scales) + 2), "a closer look is two windows"
