"""Claims where a lock of a file does not hold: a file that only one can create, and signs of life in it.

    .NAME.1.lease     whoever created it (O_EXCL) has the claim, and writes a new number into it every BEAT s
    .NAME.2.lease     whoever saw no new number in the first for LEASE s, and created this one; and so on

What is watched is whether the number changes, on the watcher's own clock: no
two clocks are compared. A process of this machine is looked up instead, so a
killed one is replaced at once. An owner that gave no sign for too long, as of a
machine that was asleep, finds that it is not the owner any more before it
publishes. The files fit any storage where O_EXCL is exclusive (NFS since 3).
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from pathlib import Path
from uuid import uuid4

from .machine import PROC, process_start, read

BEAT = 10.0  # s between signs of life
LEASE = 60.0  # s without one after which a claim is anyone's: a disk or a busy interpreter may be slow


@dataclass(frozen=True)
class Sign:
    """What stands in a lease."""

    token: str  # of this one claim, and no other
    after: str  # token of the claim that it took over; "-" for none
    machine: str
    pid: int
    start: str  # of the process, since numbers come again

    def line(self, beat: int) -> bytes:
        """As it is written; every beat has the same length, so that a reader never finds half of one."""
        return f"{self.token} {self.after} {self.machine} {self.pid} {self.start} {beat:010d}\n".encode()

    @classmethod
    def read(cls, line: bytes) -> Sign | None:
        """None where its owner has not written it yet."""
        fields = line.decode("ascii", "replace").split()
        if len(fields) != 6 or not fields[3].isdigit():
            return None
        token, after, where, pid, start, _ = fields
        return cls(token, after, where, int(pid), start)

    @property
    def gone(self) -> bool:
        """Whether its owner was a process of this machine that is no more."""
        if self.machine != machine():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:  # someone else's, of whom we may see nothing more
            return False
        return process_start(self.pid) != self.start


class Lease:
    """A claim of ours, which lives as long as this process gives signs of life."""

    def __init__(self, base: Path, number: int, sign: Sign) -> None:
        self.base, self.number, self.sign = base, number, sign
        self.beats = 0

    @classmethod
    def take(cls, base: Path) -> Lease | None:
        """Claims whatever `base` names, a hidden name without an ending; None where another has it.

        Raises OSError where the folder can't be written.
        """
        before = b""
        for number in count(1):
            path = lease_file(base, number)
            known = Sign.read(before)
            sign = Sign(uuid4().hex, known.token if known else "-", machine(), os.getpid(), process_start())
            if created(path, sign.line(0)):
                # its owner may have let go, and another taken it, since we looked
                if number > 1 and content(lease_file(base, number - 1)) != before:
                    path.unlink(missing_ok=True)
                    return None
                lease = cls(base, number, sign)
                ours.add(lease)
                return lease
            now = content(path)
            if now is None or watched.living(path, now):
                return None
            before = now
        return None

    @property
    def held(self) -> bool:
        """Whether nobody has taken it over."""
        follower = Sign.read(content(lease_file(self.base, self.number + 1)) or b"")
        return self.stands and (follower is None or follower.after != self.sign.token)

    @property
    def stands(self) -> bool:
        """Whether our file is there."""
        sign = Sign.read(content(lease_file(self.base, self.number)) or b"")
        return sign is not None and sign.token == self.sign.token

    def beat(self) -> None:
        """A sign of life; none where the claim was taken over."""
        if not self.held:
            ours.remove(self)
            return
        self.beats += 1
        with contextlib.suppress(FileNotFoundError):
            descriptor = os.open(lease_file(self.base, self.number), os.O_WRONLY | os.O_CLOEXEC)
            try:
                os.pwrite(descriptor, self.sign.line(self.beats), 0)
                os.fsync(descriptor)  # to the server; a reader opens the file, so its own cache is asked anew
            finally:
                os.close(descriptor)

    def drop(self) -> None:
        """Lets go; the first file goes first, so that nobody can follow on a claim that is over."""
        ours.remove(self)
        if self.held:
            for number in range(1, self.number + 1):
                lease_file(self.base, number).unlink(missing_ok=True)


class Ours:
    """The leases of this process, and the thread that gives their signs of life while there are any."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.leases: set[Lease] = set()
        self.thread: threading.Thread | None = None
        os.register_at_fork(after_in_child=self.forget)

    def forget(self) -> None:
        """A fork has neither the thread nor the claims."""
        self.lock, self.leases, self.thread = threading.Lock(), set(), None

    def add(self, lease: Lease) -> None:
        with self.lock:
            self.leases.add(lease)
            if self.thread is None:
                self.thread = threading.Thread(target=self.beat, name="leases", daemon=True)
                self.thread.start()

    def remove(self, lease: Lease) -> None:
        with self.lock:
            self.leases.discard(lease)

    def beat(self) -> None:
        while True:
            time.sleep(BEAT)
            with self.lock:
                if not self.leases:
                    self.thread = None
                    return
                leases = list(self.leases)
            for lease in leases:
                with contextlib.suppress(OSError):  # a server that hiccups has a few more beats to come back
                    lease.beat()


class Watched:
    """Since when leases of others have not changed."""

    def __init__(self) -> None:
        self.seen: dict[Path, tuple[bytes, float]] = {}

    def living(self, path: Path, now: bytes) -> bool:
        """Whether the owner of a lease that reads `now` may be alive."""
        sign = Sign.read(now)
        if sign is not None and sign.machine == machine():
            return not sign.gone
        before, since = self.seen.get(path, (None, 0.0))
        if before != now:
            since = time.monotonic()
            self.seen[path] = now, since
        return time.monotonic() - since < LEASE


ours, watched = Ours(), Watched()  # of the process, as its locks would be


@lru_cache(maxsize=1)
def machine() -> str:
    """Where numbers of processes mean the same: a machine since its start, and the container on it.

    Where that can't be told no other process has the same, and its leases run out.
    """
    boot = read(PROC / "sys" / "kernel" / "random" / "boot_id")
    with contextlib.suppress(OSError):
        if boot:  # the name of the host tells copies of one virtual machine apart
            return f"{os.uname().nodename}/{boot}/{(PROC / 'self' / 'ns' / 'pid').stat().st_ino}"
    return uuid4().hex


def lease_file(base: Path, number: int) -> Path:
    """Where the claim of `base` is that has been taken over `number` - 1 times."""
    return base.with_name(f"{base.name}.{number}.lease")


def created(path: Path, line: bytes) -> bool:
    """Whether the file was not there and now is ours; raises OSError."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    except FileExistsError:
        return False
    try:
        os.write(descriptor, line)
        os.fsync(descriptor)
    except OSError:
        path.unlink(missing_ok=True)  # a full disk: nobody would ever see a sign of life in it
        raise
    finally:
        os.close(descriptor)
    return True


def content(path: Path) -> bytes | None:
    """What is in a lease; None where it is gone."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
