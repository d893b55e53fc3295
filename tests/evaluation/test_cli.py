"""The command as a user types it."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

from evaluation.cli import main


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def folders(tmp_path: Path, synthetic_field) -> tuple[Path, Path]:
    """Three true label files of a set, and their predictions shifted by a pixel."""
    true, pred = tmp_path / "demo" / "labels", tmp_path / "out"
    true.mkdir(parents=True)
    pred.mkdir()
    for seed in range(3):
        labels = synthetic_field(90, 100, 15, seed)[1].astype(np.uint16)
        tifffile.imwrite(true / f"i{seed}.tif", labels)
        tifffile.imwrite(pred / f"i{seed}_label.tiff", np.roll(labels, 1, 1))
    return true, pred


def test_prints_and_writes_the_table(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """Results on standard output, the rest on standard error, the CSV beside the predictions."""
    true, pred = folders
    assert main(["f1", "-g", str(true), "-p", str(pred)]) == 0
    out, err = capsys.readouterr()
    head, line = out.splitlines()
    assert head.startswith("set")
    assert line.split()[:3] == ["demo", "3", "0"]
    assert err == f"written: {pred / 'f1.csv'}\n"
    rows = read_csv(pred / "f1.csv")
    assert [row["image"] for row in rows] == ["i0", "i1", "i2"]
    mean = np.mean([float(row["f1"]) for row in rows])
    assert line.split()[4] == f"{mean:.4f}"


def test_lost_images_are_listed_and_make_status_1(
    folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is left out of a mean in silence."""
    true, pred = folders
    (pred / "i0_label.tiff").unlink()
    (pred / "i1_label.tiff").write_bytes(b"damaged")
    (pred / "other_label.tiff").write_bytes(b"x")
    output = tmp_path / "scores.csv"
    assert main(["f1", "-g", str(true), "-p", str(pred), "-o", str(output)]) == 1
    out, err = capsys.readouterr()
    assert out.splitlines()[1].split()[:3] == ["demo", "3", "2"]
    assert "missing: demo/i0" in err
    assert f"failed: {pred / 'i1_label.tiff'}" in err
    assert "note: " in err
    assert [row["status"] for row in read_csv(output)] == ["missing", "failed", "ok"]


def test_wrong_use_is_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line and no traceback."""
    assert main(["f1", "-g", str(tmp_path / "none"), "-p", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_unwritable_output_is_one_line(
    folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The table is printed all the same; the status says that the file was not written."""
    true, pred = folders
    assert main(["f1", "-g", str(true), "-p", str(pred), "-o", str(tmp_path / "no" / "a.csv")]) == 1
    out, err = capsys.readouterr()
    assert out
    assert err.startswith("error: ")


def test_two_systems_of_one_name_are_refused(
    folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--times ours/times.csv theirs/times.csv` showed the second alone, under the name of both."""
    files = [tmp_path / name / "times.csv" for name in ("ours", "theirs")]
    for file in files:
        file.parent.mkdir()
        file.write_text("image,height,width,seconds,tolerance,over,peak_gb,status,note\n")
    true, pred = folders
    assert main(["f1", "-g", str(true), "-p", str(pred), "--times", *map(str, files)]) == 2
    assert "two files have one name" in capsys.readouterr().err


def test_keep_that_is_no_folder_is_one_line(
    folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A traceback said it before."""
    (tmp_path / "file").touch()
    assert main(["timing", "-i", str(folders[0]), "--keep", str(tmp_path / "file")]) == 2
    assert capsys.readouterr().err.startswith(f"error: --keep {tmp_path / 'file'}: File exists; ")


def test_real_sets_and_splits(cells: Path, tmp_path: Path) -> None:
    """The truth against itself is perfect by both rules; the split takes what the list names."""
    labels = cells / "dsb2018" / "labels"
    main(["f1", "-g", str(labels), "-p", str(labels), "--split", "test", "-o", str(tmp_path / "a.csv")])
    listed = sum(row["set"] == "dsb2018" and row["split"] == "test" for row in read_csv(cells / "splits.csv"))
    rows = read_csv(tmp_path / "a.csv")
    assert len(rows) == listed
    assert {row["global_f1"] for row in rows} == {"1"}
    assert all(row["f1"] == "1" for row in rows if row["true_num"] != "0")


def test_help_is_quick_and_imports_nothing_heavy() -> None:
    """`--help` must answer at once, so the command line loads no array library."""
    code = "from evaluation.cli import main\ntry: main(['--help'])\nexcept SystemExit: print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}"], capture_output=True, text=True, check=True
    )
    assert "usage: python -m evaluation" in done.stdout
    assert not {"numpy", "scipy", "matplotlib", "torch"} & set(done.stdout.split())
