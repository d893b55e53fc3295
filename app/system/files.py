"""Files that appear whole or not at all, and are written by one process at a time.

A file is made under a hidden temporary name beside its final one, flushed to
the disk and renamed. While it is made it is locked, and the lock is the claim:
a second process sees it and takes another image; a killed process loses it
with its life, so whoever comes next may take over or clear up.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from ..errors import MediarError, WriteError

SUFFIX = ".partial"
OURS = re.compile(rf"\.[0-9a-f]{{24}}(-old)?{re.escape(SUFFIX)}")  # no other hidden file is ever removed


class Partial:
    """A locked temporary file (or folder) that will become `path`."""

    def __init__(self, path: Path, temporary: Path, descriptor: int) -> None:
        self.path = path
        self.temporary = temporary
        self.descriptor = descriptor

    @classmethod
    def take(cls, path: Path, *, wait: bool = False) -> Partial | None:
        """Claims `path`; None where another process holds it and `wait` is false.

        Raises WriteError where the folder can't be written.
        """
        # short and the same in every process, also where path.name fills the 255 bytes of a name
        temporary = path.with_name("." + hashlib.sha256(os.fsencode(path.name)).hexdigest()[:24] + SUFFIX)
        try:
            while True:
                descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
                if not lock(descriptor, wait=wait):
                    os.close(descriptor)
                    return None
                if still_names(temporary, descriptor):
                    os.ftruncate(descriptor, 0)
                    return cls(path, temporary, descriptor)
                os.close(descriptor)  # its owner published or dropped it between our open and our lock
        except OSError as cause:
            raise cannot_write(path, cause) from cause

    def publish(self) -> None:
        """Gives the file its final name, once its bytes are on the disk."""
        try:
            if not still_names(self.temporary, self.descriptor):
                raise FileNotFoundError(errno.ENOENT, "the temporary file was removed by someone else")
            os.fsync(self.descriptor)
            self.temporary.replace(self.path)
        except OSError as cause:
            raise cannot_write(self.path, cause) from cause
        finally:
            self.drop()

    def drop(self) -> None:
        """Removes what was not published and lets go of the claim; harmless when done twice."""
        if self.descriptor < 0:
            return
        if still_names(self.temporary, self.descriptor):
            self.temporary.unlink(missing_ok=True)
        os.close(self.descriptor)
        self.descriptor = -1


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yields a temporary path that takes the name `path` once the block has ended well.

    Raises WriteError in one line where the disk is full or the folder can't be
    written.
    """
    partial = Partial.take(path, wait=True)
    assert partial is not None
    try:
        yield partial.temporary
        partial.publish()
    except OSError as cause:
        raise cannot_write(path, cause) from cause
    finally:
        partial.drop()


def make_folder(folder: Path, kind: type[MediarError], advice: str) -> None:
    """Makes `folder`, or raises an error of this `kind`, with `advice`, where that can't be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise kind(f"{folder}: can't be made: {cause.strerror}; {advice}") from cause


def clear_up(folder: Path) -> int:
    """Removes what killed processes left in `folder`; what a living one holds stays. Returns how many."""
    removed = 0
    for path in [path for path in folder.iterdir() if OURS.fullmatch(path.name)]:
        with contextlib.suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                if lock(descriptor, wait=False) and still_names(path, descriptor):
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
                    removed += 1
            finally:
                os.close(descriptor)
    return removed


def lock(descriptor: int, *, wait: bool) -> bool:
    """Whether the lock is ours now; a file system that knows no locks gives it to everyone."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError as cause:
        if cause.errno not in (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
    return True


def still_names(path: Path, descriptor: int) -> bool:
    """Whether `path` is the open file, and not a newer one of the same name."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def cannot_write(path: Path, cause: OSError) -> WriteError:
    """The one line for every way in which writing fails."""
    return WriteError(
        f"{path}: can't be written: {cause.strerror or cause}; free space or choose another folder"
    )
