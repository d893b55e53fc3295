"""Files appear whole or not at all; claims live as long as their process."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from app.errors import WriteError
from app.system.claims import hidden
from app.system.files import Partial, clear_up, whole_file


def test_nothing_appears_before_the_end(tmp_path: Path) -> None:
    """A reader must never see half a file under the final name."""
    with whole_file(tmp_path / "a.txt") as partial:
        partial.write_text("whole")
        assert not (tmp_path / "a.txt").exists()
    assert (tmp_path / "a.txt").read_text() == "whole"
    assert list(tmp_path.iterdir()) == [tmp_path / "a.txt"]


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    """An exception in the middle must leave the old file and no temporary one."""
    (tmp_path / "a.txt").write_text("old")

    def fail() -> None:
        with whole_file(tmp_path / "a.txt") as partial:
            partial.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (tmp_path / "a.txt").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_claim_keeps_others_out_until_it_is_dropped(tmp_path: Path) -> None:
    """Two processes on one folder would do the same image twice."""
    first = Partial.take(tmp_path / "a")
    assert first is not None
    assert Partial.take(tmp_path / "a") is None
    first.drop()
    second = Partial.take(tmp_path / "a")
    assert second is not None
    second.drop()


def hold(path: Path, ready: multiprocessing.synchronize.Event) -> None:
    claim = Partial.take(path)
    assert claim is not None
    claim.temporary.write_text("half")
    ready.set()
    signal.pause()


def test_a_killed_process_frees_its_claim_and_is_cleared_up(tmp_path: Path) -> None:
    """kill -9 must not leave an image that nobody can ever do again, nor rubbish."""
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    child = context.Process(target=hold, args=(tmp_path / "a", ready))
    child.start()
    assert ready.wait(10)
    assert clear_up(tmp_path) == 0, "a living process was robbed"
    assert Partial.take(tmp_path / "a") is None
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    claim = Partial.take(tmp_path / "a")
    assert claim is not None
    assert claim.temporary.read_bytes() == b"", "the dead process's half was kept"
    os.close(claim.descriptor)  # die without dropping, as a killed process does
    assert clear_up(tmp_path) == 1
    assert list(tmp_path.iterdir()) == []


def test_what_another_users_killed_process_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its file is closed to us, but the folder is ours, too: the image could never be done again."""
    hidden(tmp_path / "a").with_suffix(".partial").write_text("half")
    give, left = os.open, [1]

    def closed(path: Path, flags: int, *more: int) -> int:
        if flags & os.O_RDWR and left:
            left.pop()
            raise PermissionError(errno.EACCES, "Permission denied")
        return give(path, flags, *more)

    monkeypatch.setattr(os, "open", closed)
    claim = Partial.take(tmp_path / "a")
    assert claim is not None
    assert not left
    assert claim.temporary.read_bytes() == b""
    claim.drop()
    assert list(tmp_path.iterdir()) == []


def test_hidden_files_of_others_are_not_cleared_up(tmp_path: Path) -> None:
    """A download or a folder of another program that ends in .partial was deleted from the output folder."""
    (tmp_path / ".film.mkv.partial").write_text("half a film")
    (tmp_path / ".sync.partial").mkdir()
    assert clear_up(tmp_path) == 0
    assert len(list(tmp_path.iterdir())) == 2


def test_names_of_255_bytes(tmp_path: Path) -> None:
    """The temporary name must not be longer than the final one may be."""
    name = "n" * 255
    with whole_file(tmp_path / name) as partial:
        partial.write_text("x")
    assert (tmp_path / name).exists()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """One line that says what to do, not an OSError."""
    with pytest.raises(WriteError, match="can't be written"), whole_file(tmp_path / "no" / "a"):
        pass


def test_a_full_disk(tmp_path: Path) -> None:
    """/dev/full is the disk that every byte is too much for."""

    def write() -> None:
        with whole_file(tmp_path / "a"), Path("/dev/full").open("w") as full:
            full.write("x" * 100_000)

    with pytest.raises(WriteError, match="No space left"):
        write()
    assert list(tmp_path.iterdir()) == []
