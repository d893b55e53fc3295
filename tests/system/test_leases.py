"""Claims on a file system without locks: here every machine, as far as the code can tell, is another one."""

from __future__ import annotations

import errno
import fcntl
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.errors import RequestError, UsageError, WriteError
from app.serve.meta import Meta
from app.serve.store import Store
from app.system import leases
from app.system.claims import hidden
from app.system.files import Partial, clear_up, whole_file
from app.system.leases import Lease, Watched, lease_file
from app.system.whole_folder import whole_folder

FORK = multiprocessing.get_context("fork")


@pytest.fixture(autouse=True, params=["none", "each for itself"])
def no_locks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """`flock` fails as it does on NFS without a lock daemon, or is granted to all, as with `nolock`."""

    def flock(*_: Any) -> None:
        if request.param == "none":
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", flock)
    if request.param == "each for itself":
        monkeypatch.setattr("app.system.claims.locks_hold", lambda _: False)
    monkeypatch.setattr(leases, "BEAT", 0.02)
    monkeypatch.setattr(leases, "LEASE", 0.8)
    monkeypatch.setattr(leases, "watched", Watched())
    yield
    left = set(leases.ours.leases)
    leases.ours.leases.clear()  # or the next test would fail as well
    assert not left, "a claim was never let go"


@pytest.fixture
def on_another_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Starts a process that can't be told to be of this machine, with a pipe to it."""
    started = []

    def start(work: Callable[..., None], *arguments: Any) -> Any:
        here, there = FORK.Pipe()

        def run() -> None:
            monkeypatch.setattr(leases, "machine", lambda: f"machine{os.getpid()}")
            work(there, *arguments)

        process = FORK.Process(target=run)
        process.start()
        started.append(process)
        here.process = process
        return here

    yield start
    for process in started:
        process.kill()
        process.join()


def hold(pipe: Any, path: Path) -> None:
    claim = Partial.take(path)
    assert claim is not None
    claim.temporary.write_text("theirs")
    pipe.send("held")
    pipe.recv()
    try:
        claim.publish()
        pipe.send("published")
    except WriteError as error:
        pipe.send(str(error))


def test_a_lease_keeps_others_out_until_it_is_dropped(tmp_path: Path) -> None:
    """Two processes on one folder would do the same image twice."""
    first = Partial.take(tmp_path / "a")
    assert first is not None
    assert Partial.take(tmp_path / "a") is None
    first.drop()
    second = Partial.take(tmp_path / "a")
    assert second is not None
    second.temporary.write_text("x")
    second.publish()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_living_machine_keeps_its_claim(tmp_path: Path, on_another_machine: Callable[..., Any]) -> None:
    """A lease that ran out under an image of an hour would be no claim."""
    other = on_another_machine(hold, tmp_path / "a")
    assert other.recv() == "held"
    end = time.monotonic() + 1.6  # twice as long as a lease
    while time.monotonic() < end:
        assert Partial.take(tmp_path / "a") is None
        assert clear_up(tmp_path) == 0, "a living process was robbed"
        time.sleep(0.02)
    other.send("publish")
    assert other.recv() == "published"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_dead_machine_loses_its_claim(tmp_path: Path, on_another_machine: Callable[..., Any]) -> None:
    """kill -9, or a node without power: after the lease, and not before it, the image is anyone's."""
    other = on_another_machine(hold, tmp_path / "a")
    assert other.recv() == "held"
    other.process.kill()
    other.process.join()
    assert Partial.take(tmp_path / "a") is None
    began = time.monotonic()
    with whole_file(tmp_path / "a") as partial:
        assert time.monotonic() - began > 0.6
        partial.write_text("ours")
    assert (tmp_path / "a").read_text() == "ours"
    assert clear_up(tmp_path) == 1  # its half
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_what_a_dead_machine_left_is_cleared_up(
    tmp_path: Path, on_another_machine: Callable[..., Any]
) -> None:
    """Nothing else would ever ask for a claim whose image is done or gone."""
    other = on_another_machine(hold, tmp_path / "a")
    assert other.recv() == "held"
    other.process.kill()
    other.process.join()
    assert clear_up(tmp_path) == 0  # as far as anyone can tell, it lives
    time.sleep(0.9)
    assert clear_up(tmp_path) == 2  # its half and its lease
    assert list(tmp_path.iterdir()) == []


def test_a_killed_process_of_this_machine_is_replaced_at_once(tmp_path: Path) -> None:
    """Whoever runs the same command again must not wait for a minute."""
    here, there = FORK.Pipe()
    process = FORK.Process(target=hold, args=(there, tmp_path / "a"))
    process.start()
    assert here.recv() == "held"
    assert Partial.take(tmp_path / "a") is None
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it is dead, and nobody has asked
    claim = Partial.take(tmp_path / "a")
    assert claim is not None
    claim.drop()
    process.join()
    assert clear_up(tmp_path) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_number_that_another_process_has_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a restart of a container the same numbers come again: the claim would live for ever."""
    monkeypatch.setattr(Lease, "beat", lambda _: None)  # whoever is gone gives no sign of life
    claim = Lease.take(tmp_path / ".a")
    assert claim is not None
    monkeypatch.setattr(leases, "process_start", lambda *_: "1")
    next_one = Lease.take(tmp_path / ".a")
    assert next_one is not None
    assert not claim.held
    assert next_one.held
    claim.drop()
    assert next_one.held
    next_one.drop()
    assert list(tmp_path.iterdir()) == []


def test_who_slept_too_long_does_not_publish(tmp_path: Path, on_another_machine: Callable[..., Any]) -> None:
    """A machine that wakes up would put its file over the new owner's, or write into it."""
    other = on_another_machine(hold, tmp_path / "a")
    assert other.recv() == "held"
    os.kill(other.process.pid, signal.SIGSTOP)
    claim = Partial.take(tmp_path / "a", wait=True)
    assert claim is not None
    claim.temporary.write_text("ours")
    os.kill(other.process.pid, signal.SIGCONT)
    other.send("publish")
    assert "someone else took it over" in other.recv()
    assert not (tmp_path / "a").exists()
    claim.publish()
    assert (tmp_path / "a").read_text() == "ours"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def race(pipe: Any, folder: Path, count: int) -> None:
    """Takes as many names as it can get, and keeps them."""
    pipe.recv()
    mine = []
    while len(list(folder.glob("won*"))) < count:
        for number in range(count):
            if not (folder / f"won{number}").exists() and (claim := Partial.take(folder / f"{number}")):
                mine.append(claim)
                with (folder / f"won{number}").open("a") as file:
                    file.write(f"{os.getpid()}\n")
    pipe.send(len(mine))
    pipe.recv()


@pytest.mark.parametrize("dead", [False, True])
def test_of_many_one_gets_it(tmp_path: Path, on_another_machine: Callable[..., Any], dead: bool) -> None:
    """Also where all see at the same moment that a dead machine's lease has run out."""
    if dead:
        for number in range(20):
            lease_file(hidden(tmp_path / f"{number}"), 1).write_bytes(b"")
    others = [on_another_machine(race, tmp_path, 20) for _ in range(4)]
    for other in others:
        other.send("go")
    assert sum(other.recv() for other in others) == 20
    assert all(len(path.read_text().split()) == 1 for path in tmp_path.glob("won*"))


def test_who_let_go_while_we_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim seen to have run out, let go and taken anew since: whoever follows on the old one has none."""
    base = tmp_path / ".a"
    first = lease_file(base, 1)
    first.write_bytes(b"old\n")
    create = leases.created

    def late(path: Path, line: bytes) -> bool:
        if path == lease_file(base, 2):
            first.write_bytes(b"new\n")
        return create(path, line)

    monkeypatch.setattr(leases, "created", late)
    monkeypatch.setattr(leases, "LEASE", 0.0)
    assert Lease.take(base) is None
    assert list(tmp_path.iterdir()) == [first]


def test_a_full_disk_leaves_no_lease(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lease without a line in it would keep everyone out, and its owner has given up."""

    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(WriteError, match="No space left"):
        Partial.take(tmp_path / "a")
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_filled_under_a_lease(tmp_path: Path) -> None:
    """Another machine cleared a folder up that was being filled."""
    for content in ("old", "new"):
        with whole_folder(tmp_path / "a.zarr") as partial:
            (partial / content).touch()
            assert clear_up(tmp_path) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["a.zarr"]
    assert [path.name for path in (tmp_path / "a.zarr").iterdir()] == ["new"]


def serve(pipe: Any, session: Path) -> None:
    store = Store(session)
    pipe.send("open")
    pipe.recv()
    store.close()


def test_a_session_is_one_servers_without_locks(
    tmp_path: Path, on_another_machine: Callable[..., Any]
) -> None:
    """Two servers on one folder of NFS would write over each other's corrections."""
    other = on_another_machine(serve, tmp_path)
    assert other.recv() == "open"
    with pytest.raises(UsageError, match="another server"):
        Store(tmp_path)
    other.send("close")
    other.process.join()
    Store(tmp_path).close()
    assert [path.name for path in tmp_path.iterdir()] == ["images"]


def test_a_session_of_a_dead_machine_is_opened(
    tmp_path: Path, on_another_machine: Callable[..., Any]
) -> None:
    """Each start begins to watch anew: one that gave up at once would be refused for ever."""
    other = on_another_machine(serve, tmp_path)
    assert other.recv() == "open"
    other.process.kill()
    other.process.join()
    Store(tmp_path).close()


def serve_one_image(pipe: Any, session: Path) -> None:
    store = Store(session)
    image = store.add(store.new_folder(), Meta("a.tif", "input.tif", "", 0.0))
    pipe.send("open")
    pipe.recv()
    try:
        image.update(checked=True)
        pipe.send("written")
    except RequestError as error:
        pipe.send(str(error))


def test_a_server_that_slept_writes_no_more(tmp_path: Path, on_another_machine: Callable[..., Any]) -> None:
    """A laptop that wakes up would write its corrections over those of the server that followed it."""
    other = on_another_machine(serve_one_image, tmp_path)
    assert other.recv() == "open"
    os.kill(other.process.pid, signal.SIGSTOP)
    store = Store(tmp_path)
    os.kill(other.process.pid, signal.SIGCONT)
    other.send("go on")
    assert "another server has taken the session over" in other.recv()
    (image,) = store.ordered()
    image.update(checked=False)
    assert Meta.read(image.folder).checked is False
    store.close()
    with pytest.raises(RequestError, match="another server"):
        image.update(checked=True)
