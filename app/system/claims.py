"""Claims on a name: a lock of its temporary file where locks hold, else a lease.

Everything hidden that stands for a name begins with `.` and 24 hexadecimal
digits of it, and belongs to whoever has the claim:

    .NAME.partial             the file that is made, locked
    .NAME-TOKEN.partial       the file that is made, under a lease; no two owners ever write into one
    .NAME.1.lease             see app.system.leases
    .NAME-new.partial, .NAME-old.partial    the folder that is made, and the one whose place it takes
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import time
from pathlib import Path
from typing import Protocol

from . import leases
from .leases import Lease
from .mounts import locks_hold

SUFFIX = ".partial"
POLL = 0.2  # s between looks at a lease that is waited for
NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)


class Claim(Protocol):
    """What nobody else has, and the file that is made under it."""

    temporary: Path
    descriptor: int  # of the file

    def held(self) -> bool:
        """Whether the claim is still ours, and the file there."""

    def drop(self) -> None:
        """Removes the file, where it was not given its final name, and lets go."""


class Locked:
    """The file itself is locked: the claim ends with the process, whatever ends it."""

    def __init__(self, temporary: Path, descriptor: int) -> None:
        self.temporary, self.descriptor = temporary, descriptor

    @classmethod
    def take(cls, base: Path, *, wait: bool) -> Locked | None:
        """Raises OSError, NO_LOCKS among its numbers where the file system has none."""
        temporary = base.with_name(base.name + SUFFIX)
        while True:
            descriptor = opened(temporary)
            try:
                if not lock_or_raise(descriptor, wait=wait):
                    return None
                if not still_names(temporary, descriptor):
                    continue  # its owner published or dropped it between our open and our lock
                if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
                    temporary.unlink()  # left by another user's process; the next one is ours
                else:
                    os.ftruncate(descriptor, 0)
                    mine, descriptor = descriptor, -1
                    return cls(temporary, mine)
            except OSError as cause:
                if cause.errno in NO_LOCKS:
                    temporary.unlink(missing_ok=True)
                raise
            finally:
                if descriptor >= 0:
                    os.close(descriptor)

    def held(self) -> bool:
        return still_names(self.temporary, self.descriptor)

    def drop(self) -> None:
        if self.held():
            self.temporary.unlink(missing_ok=True)
        os.close(self.descriptor)


class Leased:
    """A file of our own beside a lease."""

    def __init__(self, lease: Lease, temporary: Path, descriptor: int) -> None:
        self.lease, self.temporary, self.descriptor = lease, temporary, descriptor

    @classmethod
    def take(cls, base: Path, *, wait: bool) -> Leased | None:
        """Raises OSError."""
        while (lease := Lease.take(base)) is None:
            if not wait:
                return None
            time.sleep(POLL)
        temporary = base.with_name(f"{base.name}-{lease.sign.token}{SUFFIX}")
        try:
            return cls(lease, temporary, opened(temporary))
        except OSError:
            lease.drop()
            raise

    def held(self) -> bool:
        return self.lease.held and still_names(self.temporary, self.descriptor)

    def drop(self) -> None:
        if still_names(self.temporary, self.descriptor):
            self.temporary.unlink(missing_ok=True)
        os.close(self.descriptor)
        self.lease.drop()


def claim(base: Path, *, wait: bool) -> Claim | None:
    """Claims what `base`, of `hidden`, stands for; None where another process has it and `wait` is false.

    All machines must see the folder by mounts of one kind: a lock on one says
    nothing of a lease on another. Raises OSError where the folder can't be written.
    """
    if locks_hold(base.parent):
        try:
            return Locked.take(base, wait=wait)
        except OSError as cause:
            if cause.errno not in NO_LOCKS:
                raise
    return Leased.take(base, wait=wait)


def claim_of_living(base: Path) -> Claim | None:
    """As `claim`, but None only where a living process has it.

    What a lock tells at once takes as long as a lease to be seen where there
    are only leases: a machine that died there has left one. Raises OSError.
    """
    end = time.monotonic() + leases.LEASE + 2 * POLL
    while (mine := claim(base, wait=False)) is None and time.monotonic() < end:
        if not leases.lease_file(base, 1).exists() and locks_hold(base.parent):
            return None
        time.sleep(POLL)
    return mine


def hidden(path: Path) -> Path:
    """The beginning of all names that stand for `path` while it is made.

    Short, and the same in every process, also where path.name fills the 255 bytes of a name.
    """
    return path.with_name("." + hashlib.sha256(os.fsencode(path.name)).hexdigest()[:24])


def opened(temporary: Path) -> int:
    """A descriptor of a file that is made where it is missing; raises OSError."""
    try:
        return os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except PermissionError:
        with contextlib.suppress(FileNotFoundError):  # it is the file that is closed to us, not the folder
            return os.open(temporary, os.O_RDONLY | os.O_CLOEXEC)
        raise


def lock_or_raise(descriptor: int, *, wait: bool) -> bool:
    """Whether the lock is ours now; raises OSError where there are none."""
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        return True
    return False


def still_names(path: Path, descriptor: int) -> bool:
    """Whether `path` is the open file, and not a newer one of the same name."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
