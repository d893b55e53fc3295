"""Real processes: two workers, one of which is killed; a scheduler that dies."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tifffile

from app.cluster import cut
from app.run import finish
from app.settings import Job, Tracking
from tests.cluster.makers import Blobs
from tests.cluster.runs import on_workers, small, sums
from tests.conftest import BrightBlobs
from tests.run.runs import run

pytest.importorskip(
    "distributed", reason="Dask is not installed (the extra `dask`): work is not shared among processes here"
)
pytestmark = pytest.mark.slow  # processes that import everything anew
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def mixed(folder: Path, synthetic_field: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Job:
    """Four images and a slide that is cut, in bands of 100 rows."""
    field = synthetic_field(640, 330, 90, seed=4)[0]
    tifffile.imwrite(folder / "in" / "slide.tif", field, tile=(64, 64))
    monkeypatch.setattr(finish, "band_height", lambda _: 100)
    monkeypatch.setattr(cut, "ROWS", 100)
    monkeypatch.setattr(cut, "HALO", 10)
    return small(folder, tracking=Tracking(block=150, block_from=100_000))


@pytest.fixture
def alone(mixed: Job) -> dict[str, str]:
    """Sums of what one machine makes, which is then removed."""
    run(mixed, BrightBlobs())
    made = sums(mixed.output.parent)
    for path in mixed.output.iterdir():
        path.unlink()
    return made


def test_a_worker_killed_in_mid_slide(mixed: Job, alone: dict[str, str], tmp_path: Path) -> None:
    """At the peers, one out-of-memory kill took the night's results with it."""
    status, done = on_workers(mixed, Blobs(tmp_path, at=8, deadly=True))
    assert (tmp_path / "fault0").exists()
    assert status == 0, done.tally.failed
    assert sums(tmp_path) == alone


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The address and process of a scheduler with one worker."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    told = tmp_path / "scheduler.json"
    common = {"env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    dask = [sys.executable, "-m", "distributed.cli"]
    here = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    first = subprocess.Popen(
        [*dask[:2], "distributed.cli.dask_scheduler", *here, "--scheduler-file", told], **common
    )  # type: ignore[call-overload]
    worker = subprocess.Popen(  # type: ignore[call-overload]
        [
            *dask[:2],
            "distributed.cli.dask_worker",
            "--scheduler-file",
            told,
            "--nthreads",
            "1",
            "--no-dashboard",
        ],
        **common,
    )
    end = time.monotonic() + 120
    while not told.exists() and time.monotonic() < end:
        time.sleep(0.1)
    yield str(told), first
    for process in (first, worker):
        process.kill()
        process.wait()


def test_a_scheduler_that_dies(
    mixed: Job,
    alone: dict[str, str],
    tmp_path: Path,
    scheduler: tuple[str, subprocess.Popen[bytes]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The run ends with a line, and the same command on another cluster goes on from what is there."""
    told, process = scheduler
    slide = replace(mixed, inputs=(mixed.inputs[0] / "slide.tif",))
    parts = mixed.output / ".slide.parts"

    def kill() -> None:
        while len(list(parts.glob("*.band"))) < 2:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)

    threading.Thread(target=kill, daemon=True).start()
    address = json.loads(Path(told).read_text())["address"]
    status, _ = on_workers(replace(slide, scheduler=address), Blobs(seconds=0.3), 0)
    assert status == 1
    assert "the cluster was lost" in caplog.text
    assert len(list(parts.glob("*.band"))) >= 2
    with caplog.at_level(logging.INFO, "app"):
        status, _ = on_workers(slide, Blobs())
    assert status == 0
    assert "goes on from the parts" in caplog.text
    assert sums(tmp_path) == {"slide_label.tiff": alone["slide_label.tiff"]}
