"""Settings of the index reach every way to a label, and the defaults stay in reach."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import app
from app.cli import main
from app.network.architecture import Architecture
from app.network.weights import Calibration, Setting
from app.network.weights.calibration import Modality
from app.settings import Merging, Tracking
from app.write.labels import read_labels

HUGE = Setting("huge", Tracking(min_size=10**6))  # no cell is so large
ONE_SCALE = Setting("common", scales=(1.0,))


class Watched:
    """An engine that every image looks alike to."""

    name, batch = "watched", 1

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.embedding: Any = None

    def look(self) -> None:
        self.embedding = np.array([0.6, 0.8], np.float32)

    def __call__(self, windows: Any) -> Any:
        return self.engine(windows)


@pytest.fixture
def pair(tmp_path: Path, bright_blobs: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[Calibration], str]:
    """A folder of weights, calibrated as told; an engine of the tests stands for them."""
    monkeypatch.setattr("app.network.inference.load_engines", lambda *_, **__: [Watched(bright_blobs)])
    folder = tmp_path / "pair"
    folder.mkdir()
    (folder / "a.safetensors").touch()
    member = {"file": "a.safetensors", "architecture": Architecture().to_dict(), "sha256": 64 * "0"}

    def calibrated(calibration: Calibration) -> str:
        entry = {"members": [member], "calibration": calibration.to_dict()}
        (folder / "index.json").write_text(json.dumps({"pair": entry}))
        return str(folder)

    return calibrated


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """Four bright squares."""
    array = np.full((120, 140), 10, np.uint8)
    for y, x in ((10, 10), (10, 70), (70, 10), (70, 70)):
        array[y : y + 24, x : x + 24] = 250
    tifffile.imwrite(tmp_path / "a.tif", array)
    return tmp_path / "a.tif"


def predict(image: Path, weights: str, capsys: pytest.CaptureFixture[str], *flags: str) -> tuple[int, str]:
    """Cells that `predict` finds, and its log."""
    out = image.parent / "out"
    call = ["predict", "-i", str(image), "-o", str(out), "--weights", weights, "--budget", "9999", *flags]
    assert main(call) == 0
    return int(read_labels(out / "a_label.tiff").max()), capsys.readouterr().err


def test_the_common_setting_is_used(
    pair: Callable[[Calibration], str], image: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = pair(Calibration(Setting("common", HUGE.tracking, Merging(), (1.0,))))
    cells, log = predict(image, weights, capsys)
    assert cells == 0
    assert "settings calibrated: min_size 1e+06, scales 1" in log
    cells, log = predict(image, weights, capsys, "--settings", "default")
    assert cells == 4, "the record must tell the two apart, or the image counts as done"
    assert "settings default" in log
    array = tifffile.imread(image)
    assert app.segment(array, weights=weights).labels.max() == 0
    assert app.segment(array, weights=weights, settings="default").labels.max() == 4


def test_a_modality_has_a_setting_of_its_own(
    pair: Callable[[Calibration], str], image: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An image that is like none of the known ones takes the common setting."""
    weights = pair(Calibration(ONE_SCALE, (Modality((0.6, 0.8), 0.1, HUGE),)))
    cells, log = predict(image, weights, capsys)
    assert cells == 0
    assert "setting huge" in log
    assert app.segment(tifffile.imread(image), weights=weights).labels.max() == 0
    cells, log = predict(image, pair(Calibration(ONE_SCALE, (Modality((1.0, 0.0), 0.1, HUGE),))), capsys)
    assert cells == 4
    assert "setting common" in log


def test_scales_that_a_user_names_are_run(
    pair: Callable[[Calibration], str], image: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--scales` is an order, a calibration is advice."""
    weights = pair(Calibration(ONE_SCALE))
    assert "scales 2 1" not in predict(image, weights, capsys)[1]
    assert "scales 2 1" in predict(image, weights, capsys, "--scales", "1,2")[1]


def test_preview_plans_what_predict_runs(
    pair: Callable[[Calibration], str], image: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = pair(Calibration(ONE_SCALE))
    assert main(["preview", "-i", str(image), "-o", str(image.parent), "--weights", weights]) == 0
    assert "scales 1," in capsys.readouterr().out
