"""The door: flags that reach it, what it refuses, and that nobody else pays for Dask."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from app.cluster import folder as cluster_folder
from app.errors import WeightsError
from app.settings import Windows


def test_dask_is_not_imported_without_the_flags(tmp_path: Path) -> None:
    """The image holds no Dask; one import of it at the wrong place, and no prediction starts there."""
    code = """
import sys
from app.cli import main
status = main("predict -i nowhere.tif -o out".split())
print(status, *[name for name in sys.modules if name.split(".")[0] in ("dask", "distributed")])
"""
    root = Path(__file__).resolve().parents[2]
    environment = {"PYTHONPATH": str(root), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["1"]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--workers", "2", "--stack", "z"], "leave --workers out"),
        (["--scheduler", "tcp://127.0.0.1:1"], "--scheduler tcp://127.0.0.1:1: nobody answers there"),
    ],
)
def test_wrong_use_is_one_line(
    flags: list[str],
    message: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Said before any image is touched, with exit status 2."""
    pytest.importorskip(
        "distributed",
        reason="Dask is not installed (the extra `dask`): work is not shared among processes here",
    )
    monkeypatch.setattr("app.cluster.connect.PATIENCE", 0.5)
    assert main(["predict", "-i", str(folder / "in"), "-o", str(folder / "out"), *flags]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_dask_that_is_missing_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the image it is; an ImportError would not say what to do."""
    monkeypatch.setattr("app.cluster.predict.find_spec", lambda _: None)
    assert main(["predict", "-i", str(folder / "in"), "-o", str(folder / "out"), "--workers", "2"]) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert (
        "--workers: needs Dask, which is missing; add it with pip install 'mediar-box[dask]'" in captured.err
    )


def test_the_flags_reach_the_workers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recipe holds what was asked for, and the record's weights."""
    pytest.importorskip(
        "distributed",
        reason="Dask is not installed (the extra `dask`): work is not shared among processes here",
    )
    made: list[Any] = []

    class Looked(cluster_folder.ClusterRun):
        def over(self, images: Any) -> int:
            made.extend([self.job, self.maker, self.weights, len(images)])
            return 0

    monkeypatch.setattr("app.cluster.predict.ClusterRun", Looked)
    flags = ["--scheduler", "tcp://host:8786", "--budget", "none", "--device", "cpu"]
    flags += ["--scales", "0.5,1", "--shard", "1/2"]
    assert main(["predict", "-i", str(folder / "in"), "-o", str(folder / "out"), *flags]) == 0
    job, recipe, identity, count = made
    assert (job.scheduler, job.workers, count) == ("tcp://host:8786", 0, 2)
    assert (recipe.scales, recipe.device, recipe.exact, recipe.identity) == ("0.5,1", "cpu", True, identity)
    assert recipe.windows == Windows()


def test_other_weights_on_a_worker_are_refused() -> None:
    """The name `compact` is the same everywhere; the files behind it need not be."""
    from app.cluster.tasks import Recipe

    with pytest.raises(WeightsError, match="has others"):
        Recipe("compact", "calibrated", "auto", "auto", "cpu", Windows(), True, "another").load()
