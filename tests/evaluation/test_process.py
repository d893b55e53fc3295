"""Commands that are watched: time, memory, words, and no child left behind."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from evaluation.process import run_watched, tree_memory


def test_time_status_and_words() -> None:
    """Wall clock covers the whole command; its last words help where it fails."""
    done = run_watched("sleep 0.2; echo one; echo two; echo three >&2; exit 7", lambda _pid: 0)
    assert 0.2 <= done.seconds < 5
    assert (done.status, done.last_words, done.peak_bytes) == (7, "two / three", None)


def test_signal_is_a_negative_status() -> None:
    """A system killed for its memory must not look like one that ended well."""
    assert run_watched(["sh", "-c", "kill -9 $$"], tree_memory).status == -signal.SIGKILL


def test_memory_of_children_counts() -> None:
    """A launcher is small; what it launches holds the memory."""
    code = "import time; held = b'x' * 150_000_000; time.sleep(0.4)"
    done = run_watched(f'{sys.executable} -c "{code}" & wait', tree_memory)
    assert done.peak_bytes is not None
    assert 150e6 < done.peak_bytes < 400e6


def test_memory_of_a_process_that_is_gone() -> None:
    """Processes end between two looks."""
    process = os.spawnlp(os.P_NOWAIT, "true", "true")
    os.waitpid(process, 0)
    assert tree_memory(process) == 0


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Python's own answer to SIGINT, which a shell's background jobs ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_interrupt_ends_the_children(tmp_path: Path) -> None:
    """Ctrl-C must not leave a prediction running that slows the next one down."""
    mark = tmp_path / "pid"
    timer = threading.Timer(0.5, signal.pthread_kill, [threading.main_thread().ident, signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        run_watched(f"sleep 30 & echo $! > {mark}; wait", tree_memory)
    timer.join()
    child = int(mark.read_text())
    for _ in range(100):
        if not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text().split()[2]:
            return
        time.sleep(0.05)
    pytest.fail("the child is still running")
