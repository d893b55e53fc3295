"""A bank is a set like any other, grows where it stopped, and is the same however it was made."""

from __future__ import annotations

import numpy as np
import pytest
from imagecodecs import imread

from training.cli import main
from training.data import find_pairs, load_labels
from training.synthetic import bank, draw


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*.png"))}


def test_a_bank_is_read_as_it_was_drawn(tmp_path):
    bank(tmp_path, 4, 7, size=64)
    pairs = find_pairs(tmp_path, "train")
    assert [pair.set for pair in pairs] == ["synthetic"] * 4
    for number, pair in enumerate(pairs):
        drawn = draw(7 + number, 64)
        assert pair.id == f"{number:05d}_{drawn.layout}_{drawn.look}"
        np.testing.assert_array_equal(imread(pair.image), drawn.image)
        np.testing.assert_array_equal(load_labels(pair.label), drawn.labels)


def test_a_killed_run_is_gone_on_with(tmp_path):
    whole, parted = tmp_path / "whole", tmp_path / "parted"
    bank(whole, 5, 0, size=48)
    bank(parted, 3, 0, size=48)
    first = sorted((parted / "synthetic" / "images").iterdir())[0]
    before = first.stat().st_mtime_ns
    sorted((parted / "synthetic" / "images").iterdir())[1].unlink()  # a label whose image was not written
    bank(parted, 5, 0, size=48)
    assert contents(parted) == contents(whole)
    assert first.stat().st_mtime_ns == before


def test_two_processes_draw_what_one_does(tmp_path):
    bank(tmp_path / "one", 4, 3, size=48)
    bank(tmp_path / "two", 4, 3, workers=2, size=48)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_the_command(tmp_path, capsys):
    assert main(["synthesise", "-o", str(tmp_path), "--size", "48", "--images", "2"]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "synthetic")
    assert len(contents(tmp_path)) == 4


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--images", "0"], "0 images of 352 px: draw one at least, of 32 px or more"),
        (["--size", "8"], "2000 images of 8 px: draw one at least"),
        (["--data", "none"], "none: no such folder"),
        (["--looks", "dic"], "dic: no look of this name; there are nuclei, crowded,"),
    ],
)
def test_wrong_numbers_and_folders_end_in_one_line(tmp_path, capsys, words, message):
    assert main(["synthesise", "-o", str(tmp_path), *words]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert message in line
    assert not list(tmp_path.iterdir())
