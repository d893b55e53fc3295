"""What the container answers where something is wrong: the exit status and one line of truth."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile

from app.write.labels import read_labels

pytestmark = pytest.mark.docker
LARGE_IMAGES, SIDE = 3, 1400  # px; some minutes of work, to be interrupted in
PATIENCE = 240  # s


def only_error(text: str) -> str:
    """The one line of error; fails where there are more, or a traceback."""
    assert "Traceback" not in text
    errors = [line for line in text.splitlines() if "error" in line.lower()]
    assert len(errors) == 1, text
    return errors[0]


def test_empty_inputs(box, tmp_path: Path, outputs: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    done = box.hardened(empty, outputs)
    assert done.returncode == 2
    assert "no images found" in only_error(done.stderr)


def test_a_file_that_is_no_image(box, inputs: Path, tmp_path: Path, outputs: Path) -> None:
    """It costs itself and nothing else."""
    folder = tmp_path / "inputs"
    folder.mkdir()
    smallest = min(inputs.iterdir(), key=lambda path: path.stat().st_size)
    shutil.copy(smallest, folder)
    (folder / "notes.tiff").write_text("this is no image")
    done = box.hardened(folder, outputs)
    assert done.returncode == 1
    assert "notes.tiff" in done.stderr
    assert [path.name for path in outputs.iterdir()] == [f"{smallest.name.split('.')[0]}_label.tiff"]


def test_outputs_that_cannot_be_written(box, inputs: Path, outputs: Path) -> None:
    options = ("-v", f"{inputs}:/workspace/inputs:ro", "-v", f"{outputs}:/workspace/outputs:ro")
    done = box.run(options=options)
    assert done.returncode == 2
    assert "/workspace/outputs" in only_error(done.stderr)
    assert not list(outputs.iterdir())


def test_a_wrong_flag(box, inputs: Path, outputs: Path) -> None:
    assert box.predict(inputs, outputs, "--budget", "soon").returncode == 2
    assert box.predict(inputs, outputs, "--no-such-flag").returncode == 2


def test_sigterm_in_mid_run(box, tmp_path: Path, outputs: Path) -> None:
    """128 + 15, no temporary files, and what is written is whole."""
    folder = tmp_path / "inputs"
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 255, (SIDE, SIDE), np.uint8)
    tifffile.imwrite(folder / "0.tif", noise[:300, :300])  # soon done
    for number in range(1, LARGE_IMAGES + 1):
        tifffile.imwrite(folder / f"{number}.tif", noise)
    name = f"mediar-box-stopped-{tmp_path.name}"
    started = box.docker(
        "run", "--detach", "--name", name, *box.mounts(folder, outputs), box.image, "--budget", "none"
    )
    assert started.returncode == 0, started.stderr
    try:
        until = time.monotonic() + PATIENCE
        while not list(outputs.glob("*_label.tiff")) and time.monotonic() < until:
            time.sleep(0.2)
        assert box.docker("stop", "--time", "30", name).returncode == 0
        assert box.docker("wait", name).stdout.strip() == "143"
    finally:
        box.docker("rm", "--force", name)
    written = sorted(path.name for path in outputs.iterdir())
    assert written
    assert len(written) < LARGE_IMAGES
    for path in outputs.iterdir():
        assert path.name.endswith("_label.tiff")
        assert read_labels(path).shape == ((300, 300) if path.name == "0_label.tiff" else (SIDE, SIDE))
