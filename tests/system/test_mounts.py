"""Mounts on which a lock keeps only this machine's processes out, though it is granted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.system.mounts import flock_holds, holds_on, locks_hold


@pytest.mark.parametrize(
    ("kind", "options", "holds"),
    [
        ("ext4", "rw", True),
        ("overlay", "rw,lowerdir=/a", True),
        ("tmpfs", "rw", True),
        ("fuseblk", "rw", True),  # a local disk
        ("ceph", "rw", True),
        ("gpfs", "rw", True),
        ("nfs4", "rw,vers=4.2,local_lock=none", True),
        ("nfs", "rw,vers=3,local_lock=none", True),
        ("nfs", "rw,vers=3,nolock,local_lock=all", False),
        ("nfs4", "rw,vers=4.2,local_lock=flock", False),
        ("nfs4", "rw,vers=4.2,local_lock=posix", True),
        ("lustre", "rw,flock", True),
        ("lustre", "rw,localflock", False),
        ("lustre", "rw", False),
        ("cifs", "rw,vers=3.1.1", True),
        ("cifs", "rw,nobrl", False),
        ("fuse.sshfs", "rw", False),
        ("fuse", "rw", False),
        ("9p", "rw,trans=virtio", False),
    ],
)
def test_mounts_by_what_they_tell(kind: str, options: str, holds: bool) -> None:
    """NFS with nolock grants a lock on every client at once: two nodes did the same images."""
    assert flock_holds(kind, set(options.split(","))) is holds


def test_the_mount_of_a_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its device, among lines with optional fields and with blanks in names."""
    device = tmp_path.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    lines = [
        "22 1 0:999 / /proc rw - proc proc rw",
        f"30 1 {number} /a\\040b /mnt rw,noatime shared:1 master:2 - nfs4 host:/a\\040b rw,local_lock=all",
    ]
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "mountinfo").write_text("\n".join(lines))
    holds_on.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr("app.system.mounts.PROC", tmp_path)
        assert not locks_hold(tmp_path)
        holds_on.cache_clear()
        (tmp_path / "self" / "mountinfo").write_text(lines[0])
        assert locks_hold(tmp_path)
    holds_on.cache_clear()
