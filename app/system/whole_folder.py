"""Folders that appear whole or not at all, as app.system.files does it for files."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from .files import SUFFIX, cannot_write, lock


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yields an empty temporary folder that takes the name `path`, and the place of what was there.

    It is locked while it is filled, so that `app.system.files.clear_up` leaves it alone
    until its process is gone. Raises WriteError in one line.
    """
    name = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:24]
    temporary, old = path.with_name(f".{name}{SUFFIX}"), path.with_name(f".{name}-old{SUFFIX}")
    try:
        with contextlib.ExitStack() as stack:
            for leftover in (temporary, old):  # of a killed process; a living one holds the image's claim
                if leftover.exists():
                    shutil.rmtree(leftover)
            temporary.mkdir()
            stack.callback(shutil.rmtree, temporary, ignore_errors=True)
            descriptor = os.open(temporary, os.O_RDONLY | os.O_CLOEXEC)
            stack.callback(os.close, descriptor)
            lock(descriptor, wait=True)
            yield temporary
            # a folder can't be renamed onto one that has files in it
            if path.exists():
                path.replace(old)
            temporary.replace(path)
            if old.exists():
                shutil.rmtree(old)
    except OSError as cause:
        raise cannot_write(path, cause) from cause
