"""Files that appear whole or not at all, and are written by one process at a time.

A file is made under a hidden temporary name beside its final one, flushed to
the disk and renamed. While it is made its name is claimed (`app.system.claims`):
a second process sees it and takes another image; a killed process loses it
with its life, so whoever comes next may take over or clear up.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from ..errors import MediarError, WriteError
from .claims import SUFFIX, Claim, claim, hidden

# no other hidden file is ever removed
OURS = re.compile(rf"(\.[0-9a-f]{{24}})(-old|-new|-[0-9a-f]{{32}})?({re.escape(SUFFIX)}|\.[0-9]+\.lease)")


class Partial:
    """A claimed temporary file that will become `path`."""

    def __init__(self, path: Path, mine: Claim) -> None:
        self.path = path
        self.claim: Claim | None = mine
        self.temporary = mine.temporary
        self.descriptor = mine.descriptor

    @classmethod
    def take(cls, path: Path, *, wait: bool = False) -> Partial | None:
        """Claims `path`; None where another process holds it and `wait` is false.

        Raises WriteError where the folder can't be written.
        """
        try:
            mine = claim(hidden(path), wait=wait)
        except OSError as cause:
            raise cannot_write(path, cause) from cause
        return None if mine is None else cls(path, mine)

    def publish(self) -> None:
        """Gives the file its final name, once its bytes are on the disk."""
        try:
            if self.claim is None or not self.claim.held():
                raise taken_over()
            os.fsync(self.descriptor)
            self.temporary.replace(self.path)
        except OSError as cause:
            raise cannot_write(self.path, cause) from cause
        finally:
            self.drop()

    def drop(self) -> None:
        """Removes what was not published and lets go of the claim; harmless when done twice."""
        if self.claim is not None:
            mine, self.claim = self.claim, None
            mine.drop()


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
    left: dict[str, list[Path]] = {}
    for path in folder.iterdir():
        if match := OURS.fullmatch(path.name):
            left.setdefault(match[1], []).append(path)
    for name, paths in left.items():
        with contextlib.suppress(OSError):
            mine = claim(folder / name, wait=False)
            if mine is None:
                continue
            try:
                for path in paths:
                    if path.suffix == SUFFIX:  # leases go with ours
                        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
                removed += len(paths)
            finally:
                mine.drop()
    return removed


def taken_over() -> OSError:
    """What is raised where a claim was lost while its file was made."""
    return FileNotFoundError(errno.ENOENT, "someone else took it over, or removed what was there")


def cannot_write(path: Path, cause: OSError) -> WriteError:
    """The one line for every way in which writing fails."""
    return WriteError(
        f"{path}: can't be written: {cause.strerror or cause}; free space or choose another folder"
    )
