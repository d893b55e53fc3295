"""Folders that appear whole or not at all, as app.system.files does it for files."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from .claims import SUFFIX, claim, hidden
from .files import cannot_write, taken_over


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yields an empty temporary folder that takes the name `path`, and the place of what was there.

    Its name is claimed while it is filled, so that `app.system.files.clear_up` leaves it alone
    until its process is gone. Raises WriteError in one line.
    """
    base = hidden(path)
    temporary, old = (base.with_name(f"{base.name}{what}{SUFFIX}") for what in ("-new", "-old"))
    try:
        with contextlib.ExitStack() as stack:
            mine = claim(base, wait=True)
            assert mine is not None
            stack.callback(mine.drop)
            for leftover in (temporary, old):  # of a killed process; a living one would have the claim
                if leftover.exists():
                    shutil.rmtree(leftover)
            temporary.mkdir()
            stack.callback(shutil.rmtree, temporary, ignore_errors=True)
            yield temporary
            if not mine.held():
                raise taken_over()
            # a folder can't be renamed onto one that has files in it
            if path.exists():
                path.replace(old)
            temporary.replace(path)
            if old.exists():
                shutil.rmtree(old)
    except OSError as cause:
        raise cannot_write(path, cause) from cause
