"""A run that is stopped, killed, left by its reader, or not alone."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.write.labels import read_labels
from tests.run.runs import files

ROOT = Path(__file__).resolve().parents[2]

SLOW_RUN = """
import sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.conftest import BrightBlobs
from tests.run.runs import job, run
class Slow(BrightBlobs):
    def __call__(self, windows):
        time.sleep(0.3)
        return super().__call__(windows)
sys.exit(run(job(Path({folder!r})), Slow())[0])
"""


STUCK_RUN = """
import os, signal, sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
import app.run.finish, app.run.folder
from app.run.console import set_up_logging
from tests.conftest import BrightBlobs
from tests.run.runs import job, run
def stuck(*_):
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(30)
app.run.finish.write_labels = stuck
app.run.folder.PATIENCE = 0.1
set_up_logging(quiet=False, debug=False, json_lines=False)
run(job(Path({folder!r})), BrightBlobs())
"""


def start(folder: Path) -> subprocess.Popen[bytes]:
    code = SLOW_RUN.format(root=str(ROOT), folder=str(folder))
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "timed out"
        time.sleep(0.02)


def test_a_reader_of_our_output_that_leaves(folder: Path) -> None:
    """`predict … | head -1` once counted every further image as failed, though its label was written."""
    process = start(folder)
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    process.communicate(timeout=120)
    assert process.returncode == 0
    assert len(files(folder)) == 4


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_the_run_cleanly(folder: Path, number: signal.Signals) -> None:
    """A scheduler's SIGTERM must leave whole labels, no temporary files, and the right status."""
    process = start(folder)
    until(lambda: (folder / "out" / "image0_label.tiff").exists())
    asked = time.monotonic()
    process.send_signal(number)
    _, log = process.communicate(timeout=30)
    assert time.monotonic() - asked < 10
    assert process.returncode == 128 + number
    assert b"stopped by" in log or b"written" in log
    assert all(name.endswith("_label.tiff") for name in files(folder))
    for path in (folder / "out").iterdir():
        read_labels(path)


def test_a_stop_that_can_wait_no_longer_leaves_nothing(folder: Path) -> None:
    """The temporary file of an image that took too long to be written stayed in the folder."""
    code = STUCK_RUN.format(root=str(ROOT), folder=str(folder))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=False)
    assert done.returncode == 128 + signal.SIGTERM
    assert b"is dropped" in done.stderr
    assert files(folder) == []


def test_kill_and_again(folder: Path) -> None:
    """kill -9 at any moment, then the same command: all labels, none broken, nothing left over."""
    for delay in (0.0, 0.15, 0.3):
        process = start(folder)
        seen = len(list((folder / "out").glob("*.tiff"))) if (folder / "out").exists() else 0
        until(lambda seen=seen: (folder / "out").exists() and len(list((folder / "out").iterdir())) > seen)
        time.sleep(delay)
        process.kill()
        process.communicate()
    process = start(folder)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert files(folder) == [f"image{i}_label.tiff" for i in range(4)]
    for path in (folder / "out").iterdir():
        assert read_labels(path).max() > 3


def test_two_processes_share_a_folder(folder: Path) -> None:
    """Together they do every image once."""
    pair = [start(folder), start(folder)]
    written = [process.communicate(timeout=60)[0].split() for process in pair]
    assert [process.returncode for process in pair] == [0, 0]
    assert sorted(written[0] + written[1]) == sorted(set(written[0] + written[1]))
    assert len(written[0] + written[1]) == 4
    assert len(files(folder)) == 4
