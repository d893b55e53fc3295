"""The peers' table: one folder for all networks, one judge; a peer that can't be had costs its row only."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest

from app.errors import UsageError
from benchmarks.peers import __main__ as command
from benchmarks.peers import exchange
from benchmarks.peers.environments import environment
from benchmarks.peers.exchange import Clock, Done, Item, read_done, read_list, write_done, write_labels
from benchmarks.peers.export import export, load
from benchmarks.peers.scoring import score, table
from benchmarks.peers.train_cellpose import Steps, TimeUp, checked, told
from benchmarks.peers.train_mediar import FIRST
from benchmarks.peers.train_stardist import augment, some
from training.data import find_pairs, load_image, load_samples

SETS = ("dsb2018", "tnbc")
DONE = Done("A network", 1_400_000, 12, "4 × 256²", 8.01, 8, {"labels": 0.25})
BROKEN = """#!/bin/sh
mkdir -p "$4/bin"
printf '#!/bin/sh\\necho "ERROR: No matching distribution" >&2; exit 1\\n' > "$4/bin/python"
chmod +x "$4/bin/python"
"""


@pytest.fixture
def pairs(tmp_path: Path, synthetic_field: Callable[..., Any]) -> Path:
    """A folder of pairs with two val images of each of two sets."""
    items = [Item("val", name, str(i), 0.0, 20.0) for name in ("a", "b") for i in range(2)]
    for seed, item in enumerate(items):
        image, labels = synthetic_field(96, 112, 14, seed)
        exchange.write(item.image(tmp_path), image)
        write_labels(item.label(tmp_path), labels)
    exchange.write_list(tmp_path, items)
    return tmp_path


def test_our_reader_sees_in_the_folder_what_it_sees_in_the_set(cells: Path, tmp_path: Path) -> None:
    """Pixels scaled on the way would give one network other images than the next."""
    export(cells, tmp_path, SETS, 3, 1)
    items = read_list(tmp_path, "train")
    assert {item.set for item in items} == set(SETS)
    originals = {(pair.set, pair.id): pair for pair in find_pairs(cells, "train")}
    for item, sample in zip(items, load_samples(find_pairs(tmp_path / "train", "train")), strict=True):
        original = originals[sample.pair.set, sample.pair.id]
        np.testing.assert_array_equal(sample.image, load_image(original.image)[0])
        np.testing.assert_array_equal(sample.labels, imagecodecs.imread(original.label))
        assert exchange.read(item.image(tmp_path)).dtype == imagecodecs.imread(original.image).dtype
        assert exchange.read_rgb(item.image(tmp_path)).shape == sample.image.shape


def test_no_val_image_is_learnt_from_and_sets_count_alike(cells: Path, tmp_path: Path) -> None:
    """A network that has seen the judged images wins whatever it is."""
    export(cells, tmp_path, SETS, 4, 2)
    train, val = (read_list(tmp_path, split) for split in ("train", "val"))
    assert len(train) == 8
    assert len(val) == 4
    assert not {(item.set, item.id) for item in train} & {(item.set, item.id) for item in val}
    for name in SETS:
        assert sum(item.weight for item in train if item.set == name) == pytest.approx(0.5)
    assert told(train).keys() == set(SETS)
    assert len(some(train, "tnbc")) == 4


def test_a_set_without_pairs_is_named(cells: Path) -> None:
    with pytest.raises(UsageError, match="no val pairs of ldc"):
        load(cells, "val", ("dsb2018", "ldc"), 1)


def test_label_files_are_judged_as_they_lie_there(pairs: Path) -> None:
    """A peer that crashed on an image would gain by it if the image were left out."""
    out = pairs / "peer"
    for item in read_list(pairs, "val"):
        write_labels(item.found(out, "labels"), exchange.read(item.label(pairs)))
    (row,) = score(pairs, out, DONE)
    assert row.f1 == {"a": 1.0, "b": 1.0}
    assert (row.mean, row.f1_90, row.map) == (1.0, 1.0, 1.0)
    (out / "labels" / "a" / "0_label.tiff").unlink()
    (out / "labels" / "a" / "1_label.tiff").write_bytes(b"II*")
    write_labels(out / "labels" / "b" / "0_label.tiff", np.ones((96, 111), np.int32))
    (row,) = score(pairs, out, DONE)
    assert row.f1 == {"a": 0.0, "b": 0.5}
    assert row.mean == 0.25


def test_the_table_has_a_row_per_network_and_variant(pairs: Path) -> None:
    """Cellpose is told diameters in two ways; both rows must say which."""
    two = Done("Cellpose", 6_600_000, 200, "8 × 224²", 8.0, 8, {"diameter of the set": 1.5, "other": 2})
    rows = [*score(pairs, pairs / "none", DONE), *score(pairs, pairs / "none", two)]
    head, _, first, second, third = table(rows).splitlines()
    assert "| a | b | F1@0.5 |" in head
    assert first == (
        "| A network | 1.4 M | 12 × 4 × 256² | 8.0 | 0.000 | 0.000 | 0.000 | 0.000 | 0.000 | 0.25 |"
    )
    assert second.startswith("| Cellpose, diameter of the set | 6.6 M |")
    assert third.endswith("| 2.00 |")


def test_predictions_are_written_and_timed_without_the_first_look(pairs: Path) -> None:
    """Compiling on the first image would be told as seconds per image."""
    items, seen = read_list(pairs, "val"), []

    def segment(item: Item) -> Any:
        seen.append(item)
        return np.ones((5, 6), np.int64)

    assert exchange.predict(items, pairs / "peer", "labels", segment) < 1
    assert seen == [items[0], *items]
    assert exchange.read(items[-1].found(pairs / "peer", "labels")).dtype == np.uint16


def test_a_result_that_is_not_whole_is_none(tmp_path: Path) -> None:
    """A process killed while it wrote must be run again, not scored."""
    assert read_done(tmp_path) is None
    write_done(tmp_path, DONE)
    assert read_done(tmp_path) == DONE
    (tmp_path / exchange.DONE).write_text('{"name": "A net')
    assert read_done(tmp_path) is None


def test_the_clock_ends_a_trainer_that_knows_none() -> None:
    """Cellpose's trainer takes steps only; a plan that was too long must not give it more time."""

    class Net:
        training = True

    clock = Clock(1)
    clock.began -= 3600  # images are normalised before the first step, which is not counted
    steps = Steps(clock)
    steps(Net(), None)
    assert len(steps.began) == 1
    assert clock.left > 50
    over = Clock(1)
    over.allowed = -1
    with pytest.raises(TimeUp):
        Steps(over)(Net(), None)
    Net.training = False
    Steps(over)(Net(), None)  # prediction takes what it takes


def test_an_output_that_is_not_finite_is_no_score() -> None:
    """Cellpose's first real run gave NaN in every image: no cells, and F1 0.000 as if it had been judged."""
    item = Item("val", "a", "0", 0.0, 20.0)
    checked(item, np.zeros((4, 4), np.float32))
    with pytest.raises(SystemExit, match="a/0: the network's output is not finite"):
        checked(item, np.array([[0.0, np.nan]], np.float32))


def test_augmented_labels_stay_under_their_image() -> None:
    """Turned without its labels, StarDist would learn noise and lose for our fault."""
    labels = np.zeros((32, 32), np.int32)
    labels[3:12, 5:28] = 1
    image = np.repeat(labels[..., None], 3, axis=2).astype(np.float32)
    np.random.seed(0)
    for _ in range(20):
        turned, cells = augment(image, labels)
        assert turned.dtype == np.float32
        inside = turned[..., 0][cells == 1]
        assert len(inside) == (labels == 1).sum()
        assert inside.min() > turned[..., 0][cells == 0].max()


def test_an_environment_that_cant_be_had_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], pairs: Path
) -> None:
    """pip's page of words hides which peer is missing, and the others' rows must not be lost."""
    broken = tmp_path / "python"
    broken.write_text(BROKEN)
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    with pytest.raises(
        UsageError, match=r"lacks what stardist.txt asks for \(ERROR: No matching distribution\)"
    ):
        environment(command.HERE / "stardist.txt", tmp_path / "venv")
    job = command.Job(pairs, tmp_path, 1)
    mine = tmp_path / f"mediar-1-{pairs.name}"
    mine.mkdir()
    write_done(mine, DONE)
    rows = command.run_all(["stardist", "mediar"], job, 1)
    assert [row.done for row in rows] == [DONE]
    told = capsys.readouterr().err
    assert told.startswith("stardist has no row: ")
    assert told.count("\n") == 1


def test_wrong_use_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--data", str(tmp_path / "no"), "-o", str(tmp_path), "--minutes", "0"]) == 2
    assert command.main(["--data", str(tmp_path / "no"), "-o", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 2


@pytest.mark.slow
def test_our_networks_from_first_step_to_table(
    cells: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The two that need no environment, in processes of their own, for half a CPU minute each."""
    sizes = ["--sets", "dsb2018", "--most", "6", "--per-set", "2", "--minutes", "0.5"]
    chosen = ["--data", str(cells), "-o", str(tmp_path), *sizes, "--networks", "mediar", "maskrcnn"]
    assert command.main(chosen) == 0
    assert capsys.readouterr().out.count("\n| ") == 2
    for name in ("mediar", "maskrcnn"):
        (out,) = tmp_path.glob(f"{name}-*")
        done = read_done(out)
        assert done is not None
        assert done.steps > 0
        assert done.minutes >= 0.25
        if done.steps > FIRST + 2:  # what ours takes at least, to know its pace, and longer on a slow machine
            assert done.minutes <= 0.75
        assert len(list(out.glob("labels/dsb2018/*_label.tiff"))) == 2
