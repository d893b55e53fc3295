"""One command in fresh processes: wall clock from launch to exit, and the memory it held."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLE_SECONDS = 0.05  # between looks at the memory

Meter = Callable[[int], int]  # process id → bytes held right now, or 0 where that can't be told


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    seconds: float  # wall clock, launch to exit
    status: int  # exit status; -N where signal N ended it
    peak_bytes: int | None  # None where the meter never told
    last_words: str  # the last two lines of its standard output and error; "" where it wrote nothing


def run_watched(command: str | Sequence[str], meter: Meter) -> Finished:
    """Runs a shell line, or a list of arguments, and watches it until it ends.

    When interrupted it ends the command with all its children before it raises.
    """
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            shell=isinstance(command, str),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        watch = _Watch(process.pid, meter)
        try:
            watch.start()
            process.wait()
            seconds = time.perf_counter() - started
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait()
            raise
        finally:
            watch.stop()
        return Finished(seconds, process.returncode, watch.peak or None, _last_words(output.fileno()))


def tree_memory(pid: int) -> int:
    """Resident bytes of a process and all its descendants; pages that they share count for each."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        tasks = Path(f"/proc/{pid}/task").iterdir()
        children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except (OSError, IndexError):  # it has ended meanwhile
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(tree_memory(child) for child in children)


class _Watch(threading.Thread):
    """Keeps the largest value that a meter shows while a process runs."""

    def __init__(self, pid: int, meter: Meter) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._pid = pid
        self._meter = meter
        self._ended = threading.Event()

    def run(self) -> None:
        while True:
            self.peak = max(self.peak, self._meter(self._pid))
            if self._ended.wait(SAMPLE_SECONDS):
                return

    def stop(self) -> None:
        self._ended.set()
        if self.ident is not None:
            self.join()


def _last_words(descriptor: int) -> str:
    size = os.fstat(descriptor).st_size
    tail = os.pread(descriptor, 4000, max(size - 4000, 0)).decode(errors="replace")
    lines = [line.strip() for line in tail.splitlines() if line.strip()]
    return " / ".join(line[:200] for line in lines[-2:])
