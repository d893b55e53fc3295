"""Two runs over one folder on storage whose locks keep nobody out."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import time
from pathlib import Path
from typing import Any

import pytest

from app.system import leases
from tests.cluster.makers import Slow
from tests.run.runs import files, job, run


class Dying(Slow):
    """A node that loses its power at the second image."""

    def __init__(self) -> None:
        super().__init__(0.05)
        self.left = 2

    def __call__(self, windows: Any) -> Any:
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), 9)
        return super().__call__(windows)


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> multiprocessing.context.ForkContext:
    """Every process is a machine of its own, and gets each lock that it asks for."""
    monkeypatch.setattr(fcntl, "flock", lambda *_: None)
    monkeypatch.setattr("app.system.claims.locks_hold", lambda _: False)
    monkeypatch.setattr(leases, "machine", lambda: f"machine{os.getpid()}")
    monkeypatch.setattr(leases, "BEAT", 0.05)
    monkeypatch.setattr(leases, "LEASE", 1.0)
    return multiprocessing.get_context("fork")


def node(folder: Path, engine: Any, pipe: Any) -> None:
    status, done = run(job(folder), engine)
    pipe.send((status, [one.label.name for one in done.tally.written], len(done.tally.skipped)))


def test_each_image_is_done_once(folder: Path, nodes: multiprocessing.context.ForkContext) -> None:
    """On NFS without locks two nodes did every image twice."""
    here, there = nodes.Pipe()
    processes = [nodes.Process(target=node, args=(folder, Slow(0.1), there)) for _ in range(2)]
    for process in processes:
        process.start()
    told = [here.recv() for _ in processes]
    assert [status for status, _, _ in told] == [0, 0]
    assert sorted(name for _, written, _ in told for name in written) == files(folder)
    assert len(files(folder)) == 4
    assert sum(skipped for _, _, skipped in told) == 4
    for process in processes:
        process.join()


def test_a_dead_nodes_image_is_done_by_the_other(
    folder: Path, nodes: multiprocessing.context.ForkContext
) -> None:
    """Once its lease has run out; nothing of it is left."""
    here, there = nodes.Pipe()
    dead = nodes.Process(target=node, args=(folder, Dying(), there))
    dead.start()
    dead.join()
    assert dead.exitcode == -9
    assert list((folder / "out").glob(".*.lease"))
    began = time.monotonic()
    node(folder, Slow(0.0), there)
    status, written, skipped = here.recv()
    assert status == 0
    assert len(written) + skipped == 4
    assert time.monotonic() - began > 0.8
    assert len(files(folder)) == 4, "a claim or half a file was left"
