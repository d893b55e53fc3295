"""The image with the training tools learns from labelled images, and predicts with what it learned."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.write.labels import read_labels

pytestmark = pytest.mark.docker
TRAIN = "mediar-box:train"


def test_the_slim_image_names_the_one_that_tunes(box) -> None:
    """One line in the place of a traceback of missing modules."""
    done = box.run("tune", "-i", "in", "-l", "labels", "-o", "mine.safetensors")
    assert done.returncode == 2
    said = [line for line in done.stderr.splitlines() if not line.startswith("WARNING: ")]  # of the engine
    assert said == [f"error: tune needs the training tools, which this image has not; use {TRAIN}"]


@pytest.mark.trainer
def test_it_tunes_and_predicts_with_the_result(box, inputs: Path, expected: Path, tmp_path: Path) -> None:
    """Without network or rights, from one image and its label: the file must be one that predict takes."""
    trainer = type(box)(TRAIN)
    labels, mine = tmp_path / "labels", tmp_path / "outputs"
    labels.mkdir(mode=0o755)
    mine.mkdir()
    label = max(expected.glob("*_label.tiff"), key=lambda path: int(read_labels(path).max()))
    image = next(
        path for path in inputs.iterdir() if path.name.split(".")[0] == label.name.removesuffix("_label.tiff")
    )
    one = tmp_path / "inputs"
    one.mkdir(mode=0o755)
    for source, folder in ((image, one), (label, labels)):
        shutil.copy(source, folder)

    taught = trainer.hardened(
        one,
        mine,
        *("tune", "-i", "/workspace/inputs", "-l", "/labels", "-o", "/workspace/outputs/mine.safetensors"),
        *("--minutes", "2", "--steps", "2"),
        options=("-v", f"{labels}:/labels:ro"),
    )
    assert taught.returncode == 0, taught.stderr
    assert "2 steps" in taught.stdout
    done = trainer.hardened(one, mine, "--budget", "none", "--weights", "/workspace/outputs/mine.safetensors")
    assert done.returncode == 0, done.stderr
    assert read_labels(mine / label.name).max() > 10
