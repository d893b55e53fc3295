"""Whether a lock of a file is seen by every machine that has the file."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from .machine import PROC, read


def locks_hold(folder: Path) -> bool:
    """Whether `flock` in `folder` keeps other machines out, as far as its mount tells; raises OSError.

    Some file systems grant the lock to everyone who asks on another machine,
    so that asking tells nothing.
    """
    return holds_on(folder.stat().st_dev)


@lru_cache
def holds_on(device: int) -> bool:
    """The same by a device's number; true where no mount has it, as with volumes of a local disk."""
    number = f"{os.major(device)}:{os.minor(device)}"
    for line in read(PROC / "self" / "mountinfo").splitlines():
        # proc_pid_mountinfo(5): the third field is the device; after " - " come type, source, its options
        mount, _, system = line.partition(" - ")
        if mount.split()[2] == number:
            kind, _, options = system.split()
            return flock_holds(kind, set(options.split(",")))
    return True


def flock_holds(kind: str, options: set[str]) -> bool:
    """The same by the type of a file system and the options of its mount.

    nfs(5): `nolock` and `local_lock` keep locks on the client. Lustre has none
    between clients without `flock`. FUSE, 9P and shared folders of virtual
    machines leave locks to whatever is behind them, which seldom has any; a
    file system that does pass them on loses nothing by a lease.
    """
    if kind in ("nfs", "nfs4"):
        return not options & {"nolock", "local_lock=all", "local_lock=flock"}
    if kind == "lustre":
        return "flock" in options
    if kind in ("cifs", "smb3"):
        return "nobrl" not in options
    return kind not in ("fuse", "9p", "virtiofs", "vboxsf", "beegfs") and not kind.startswith("fuse.")
