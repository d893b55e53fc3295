"""The whole way with the shipped weights: arrays and files, one label per real cell."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import app
from app.read import read_image
from app.write.labels import read_labels
from evaluation.matching import match


def predict(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app", "predict", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_segment_gives_what_predict_writes(tmp_path: Path, synthetic_field: Callable[..., Any]) -> None:
    """Two ways to one result must not part."""
    image, truth = synthetic_field(200, 260, 25, seed=3)
    tifffile.imwrite(tmp_path / "a.tif", image)
    done = predict("-i", tmp_path / "a.tif", "-o", tmp_path, "--budget", "none")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(tmp_path / "a_label.tiff")]
    written = read_labels(tmp_path / "a_label.tiff")
    for array in (image, image[..., 0], read_image(tmp_path / "a.tif")):
        found = app.segment(array)
        np.testing.assert_array_equal(found.labels, written)
    assert found.passes == 3, "one specialist, three views"
    assert found.flow.shape == (2, 200, 260)
    assert found.flow.dtype == found.probability.dtype == np.float32
    assert found.labels.dtype == np.int32
    assert 0 <= found.probability.min() <= found.probability.max() <= 1
    assert match(truth, written).f1 > 0.7, "these cells are easy"


@pytest.mark.parametrize("value", [0, 7, 255])
def test_a_constant_image_has_no_cells(value: int) -> None:
    """The published code crashes on an image without cells."""
    found = app.segment(np.full((90, 120), value, np.uint8))
    assert found.labels.shape == (90, 120)
    assert found.labels.max() == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (511, 3), (513, 40)])
def test_odd_sizes(shape: tuple[int, int]) -> None:
    """Windows, padding and tracking at their edges."""
    image = np.random.default_rng(0).integers(0, 255, shape, np.uint8)
    assert app.segment(image, budget=60).labels.shape == shape


@pytest.mark.parametrize(
    "image",
    [
        np.zeros(5),
        np.zeros((2, 2, 2, 2)),
        np.zeros((3, 3), complex),
        np.zeros((0, 3)),
        np.full((4, 4), np.nan),
    ],
)
def test_arrays_that_are_no_image(image: Any) -> None:
    """A shape that is guessed at gives labels of something else."""
    with pytest.raises(ValueError, match="image"):
        app.segment(image)


def test_real_cells_are_found(cells: Path, tmp_path: Path) -> None:
    """Noise instead of cells would pass every test of shapes."""
    with (cells / "splits.csv").open() as file:
        chosen = [r["id"] for r in csv.DictReader(file) if (r["set"], r["split"]) == ("dsb2018", "val")][::16]
    images = [cells / "dsb2018" / "images" / f"{name}.png" for name in chosen]
    done = predict(
        "-i", *images, "-o", tmp_path, "--budget", "600"
    )  # time for all scales, without mirrored views
    assert done.returncode == 0, done.stderr
    from imagecodecs import imread

    scores = [
        match(
            np.asarray(imread(cells / "dsb2018" / "labels" / f"{name}.png")),
            read_labels(tmp_path / f"{name}_label.tiff"),
        ).f1
        for name in chosen
    ]
    assert np.mean(scores) > 0.6
