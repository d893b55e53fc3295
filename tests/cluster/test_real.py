"""The carried weights over a large mosaic: one machine, two workers, and two of which one is killed."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.write.labels import read_labels
from benchmarks.cluster import one_step, write_mosaic

pytest.importorskip(
    "distributed", reason="Dask is not installed (the extra `dask`): work is not shared among processes here"
)
pytestmark = pytest.mark.slow  # 224 windows of 512 px, three times
ROOT = Path(__file__).resolve().parents[2]

Predict = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="module")
def predict(tmp_path_factory: pytest.TempPathFactory) -> Predict:
    """Starts `predict` over a mosaic of 6000 × 7000 px at full scale, one pass of one model."""
    folder = tmp_path_factory.mktemp("real")
    write_mosaic(folder / "mosaic.tif", ROOT.parent / "shared" / "data" / "cells")
    weights = one_step(folder / "compact", models="one", overlap=0.1)

    def start(out: Path, *flags: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "app", "predict", "-i", str(folder / "mosaic.tif"), "-o", str(out)]
        command += ["--weights", str(weights), "--budget", "10000", "--scales", "1", *flags]
        return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)

    return start


def ended(process: subprocess.Popen[str], out: Path) -> tuple[str, str]:
    """sha256 of the label file, and the log."""
    _, log = process.communicate(timeout=600)
    assert process.returncode == 0, log
    (label,) = out.iterdir()
    return hashlib.sha256(label.read_bytes()).hexdigest(), log


@pytest.fixture(scope="module")
def alone(predict: Predict, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What one machine makes."""
    out = tmp_path_factory.mktemp("alone")
    made, _ = ended(predict(out), out)
    assert read_labels(next(out.iterdir())).max() > 1000
    return made


def test_two_workers_make_the_bits_of_one_machine(predict: Predict, alone: str, tmp_path: Path) -> None:
    """Nuclei split where parts meet, or floats of another number of threads, would show here."""
    made, log = ended(predict(tmp_path, "--workers", "2"), tmp_path)
    assert made == alone
    assert "workers: 2, dashboard http://127.0.0.1:" in log
    assert "mosaic.tif: 4 parts, " in log  # of the three rows of parts the last is cut in columns


def test_a_killed_worker_costs_time_only(predict: Predict, alone: str, tmp_path: Path) -> None:
    """At the peers a worker that died at 95 % of memory took its blocks with it."""
    process = predict(tmp_path, "--workers", "2")
    parts = tmp_path / ".mosaic.parts"
    while not list(parts.glob("*.band")) and process.poll() is None:
        time.sleep(0.05)
    os.kill(worker_of(process.pid), signal.SIGKILL)
    made, _ = ended(process, tmp_path)
    assert made == alone


def worker_of(client: int) -> int:
    """A worker that a client started, and that is at work."""
    import psutil

    children = psutil.Process(client).children(recursive=True)
    workers = [child for child in children if "spawn_main" in " ".join(child.cmdline())]
    assert len(workers) == 2
    return int(workers[1].pid)
