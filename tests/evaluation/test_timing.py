"""Timing: each way to fail is told apart from being slow."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile

import evaluation.timing
from app.errors import UsageError
from evaluation.cli import main
from evaluation.systems import Command, Container
from evaluation.timing import from_csv, time_image, to_csv


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """40 × 50 px, with two dots in its name, and label files of its size and of another beside it."""
    tifffile.imwrite(tmp_path / "good.tiff", np.ones((40, 50), np.uint16))
    tifffile.imwrite(tmp_path / "small.tiff", np.ones((40, 49), np.uint16))
    folder = tmp_path / "images"
    folder.mkdir()
    path = folder / "cell.day1.png"
    path.write_bytes(imagecodecs.png_encode(np.zeros((40, 50, 3), np.uint8)))
    return path


def copying(name: str, to: str = "cell_label.tiff") -> Command:
    """A system that takes its image, alone in its folder, and writes a ready label file."""
    return Command(f"test $(ls {{in}} | wc -l) = 1 && cp {name} {{out}}/{to}")


def test_good_output(image: Path, tmp_path: Path) -> None:
    """Status, size, tolerance and the kept file."""
    timed = time_image(image, copying(f"{tmp_path}/good.tiff"), tmp_path)
    assert (timed.status, timed.note) == ("ok", "")
    assert (timed.image, timed.height, timed.width, timed.tolerance, timed.over) == (
        "cell.day1.png",
        40,
        50,
        10,
        0,
    )
    assert 0 < timed.seconds < 10
    assert (tmp_path / "cell_label.tiff").read_bytes() == (tmp_path / "good.tiff").read_bytes()


def test_other_systems_may_write_other_names(image: Path, tmp_path: Path) -> None:
    """Side by side with tools that name files after the full stem."""
    assert time_image(image, copying(f"{tmp_path}/good.tiff", "cell.day1.tif")).status == "ok"


def test_failures_are_named(image: Path, tmp_path: Path) -> None:
    """No file, a file of another shape, an unreadable one, and an exit status with its words."""
    for system, words in [
        (Command("true {in} {out}"), "no label file: cell_label.tiff is expected"),
        (copying(f"{tmp_path}/small.tiff"), "has shape (40, 49); the image has (40, 50)"),
        (copying("/dev/null"), "can't be read as labels"),
        (Command("echo out of luck {in} > {out}/x; echo out of luck; exit 3"), "exit status 3: out of luck"),
        (Command("exit 4; {in} {out}"), "exit status 4: it wrote nothing"),
    ]:
        timed = time_image(image, system)
        assert timed.status == "failed"
        assert words in timed.note


def test_slow_is_over(image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds above the tolerance are what the challenge ranks by."""
    monkeypatch.setattr(evaluation.timing, "tolerance", lambda _h, _w: 0.1)
    slow = Command(f"sleep 0.3; cp {tmp_path}/good.tiff {{out}}/cell_label.tiff; true {{in}}")
    timed = time_image(image, slow)
    assert timed.status == "over"
    assert timed.over == pytest.approx(timed.seconds - 0.1)
    assert timed.peak_gb is not None


def test_unreadable_image_is_not_run(tmp_path: Path) -> None:
    """Without a size there is no tolerance; the row says why."""
    path = tmp_path / "bad.png"
    path.write_bytes(b"not an image")
    timed = time_image(path, Command(f"touch {tmp_path}/ran {{in}} {{out}}"))
    assert (timed.status, timed.seconds) == ("failed", 0)
    assert "bad.png" in timed.note
    assert not (tmp_path / "ran").exists()


def test_container_gets_its_folders(image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for `docker` that writes where the organisers' mounts point to."""
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(
        "#!/bin/sh\n"
        f'printf "%s\\n" "$@" > {tmp_path}/arguments\n'
        'for argument in "$@"; do case $argument in *:/workspace/outputs/) out=${argument%%:*};; esac; done\n'
        f'cp {tmp_path}/good.tiff "$out/cell_label.tiff"\n'
    )
    docker.chmod(docker.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{docker.parent}:{os.environ['PATH']}")
    timed = time_image(image, Container("some:image"))
    assert (timed.status, timed.peak_gb) == ("ok", None)
    assert "some:image" in (tmp_path / "arguments").read_text().splitlines()


def test_csv_comes_back(image: Path, tmp_path: Path) -> None:
    """The report reads what timing wrote, and refuses other tables in one line."""
    rows = [
        time_image(image, copying(f"{tmp_path}/good.tiff")),
        time_image(tmp_path / "none.png", copying("x")),
    ]
    path = tmp_path / "times.csv"
    path.write_text(to_csv(rows), newline="")
    assert from_csv(path) == rows
    for text in ("a,b\n1,2\n", to_csv(rows).replace("ok", "fine")):
        path.write_text(text)
        with pytest.raises(UsageError, match=r"times\.csv: can't be read as times"):
            from_csv(path)


def test_command_line(image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Table, CSV, kept labels and the exit status of all well, one failed, and wrong use."""
    keep, output = tmp_path / "kept", tmp_path / "t.csv"
    good = f"cp {tmp_path}/good.tiff {{out}}/cell_label.tiff; true {{in}}"
    call = ["timing", "-i", str(image.parent), "-o", str(output), "--keep", str(keep), "--command"]
    assert main([*call, good]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("image")
    assert out[1].split()[0] == "cell.day1.png"
    assert out[-1] == "1 images, 0 over by 0.00 s in all, 0 failed"
    assert [row.status for row in from_csv(output)] == ["ok"]
    assert (keep / "cell_label.tiff").exists()
    assert main([*call, "false {in} {out}"]) == 1
    assert main([*call, "false"]) == 2
    (tmp_path / "empty").mkdir()
    assert main(["timing", "-i", str(tmp_path / "empty")]) == 2
