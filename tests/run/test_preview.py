"""`preview` and `doctor` say what would happen, and write nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from app.cli import main
from app.errors import UsageError
from app.run.doctor import check_folder


def test_preview_says_how_a_file_is_understood(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A channel-first file that is read the wrong way shows here, before hours are spent."""
    image = np.random.default_rng(0).integers(0, 4000, (5, 1100, 1200), np.uint16)
    tifffile.imwrite(
        tmp_path / "a.ome.tif",
        image,
        metadata={"axes": "CYX", "PhysicalSizeX": 0.325, "PhysicalSizeY": 0.325},
        ome=True,
        photometric="minisblack",
    )
    assert main(["preview", "-i", str(tmp_path), "-o", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "1100 × 1200" in said
    assert "5 channels" in said
    assert "0.325 × 0.325 µm" in said
    assert "13.2 s" in said
    assert "up to 1 passes" in said
    assert "by tissue or nuclei or cells, as it looks" in said
    assert not (tmp_path / "out").exists()


def test_preview_of_a_bad_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says now what `predict` would say at night."""
    (tmp_path / "a.png").write_bytes(b"no image")
    assert main(["preview", "-i", str(tmp_path), "-o", str(tmp_path)]) == 1
    assert "a.png" in capsys.readouterr().out


def test_doctor_is_well_where_predictions_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The container's health check."""
    assert main(["doctor", "-o", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert said.count("sha256") == 5, "the pair and its specialists"
    assert "specialists: tissue, nuclei, cells" in said
    assert "ready" in said


def test_doctor_takes_a_folder_that_predict_will_make(tmp_path: Path) -> None:
    """It was a fault, though a prediction works there."""
    check_folder(tmp_path / "new" / "out")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="can't be written"):
        check_folder(tmp_path / "file" / "out")


def test_doctor_names_every_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not the first one only: a second visit costs a night."""
    (tmp_path / "bad.safetensors").write_bytes(b"cut")
    flags = ["--weights", str(tmp_path / "bad.safetensors"), "-o", str(tmp_path / "bad.safetensors" / "out")]
    assert main(["doctor", *flags]) == 2
    said = capsys.readouterr().out
    assert said.count("FAULT") == 2
    assert "not ready" in said


def test_preview_of_a_stack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """How many planes, along what, and the sum of their times."""
    image = np.zeros((7, 60, 50), np.uint16)
    tifffile.imwrite(
        tmp_path / "a.tif", image, imagej=True, metadata={"axes": "ZYX", "spacing": 2, "unit": "um"}
    )
    arguments = ["preview", "-i", str(tmp_path), "-o", str(tmp_path / "out")]
    assert main([*arguments, "--stack", "z"]) == 0
    said = capsys.readouterr().out
    assert "7 planes along Z, 2 µm apart" in said
    assert "all planes: 70.0 s" in said
    assert main([*arguments, "--stack", "t"]) == 1
    assert "use --stack z" in capsys.readouterr().out
    assert main(arguments) == 1
    assert "or take all with --stack" in capsys.readouterr().out
    assert main([*arguments, "--stack", "z", "--page", "1"]) == 2
