"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from app.errors import WriteError

PARTIAL = ".partial"


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yields a temporary path beside `path`, which takes its name once the block has ended well.

    The file is flushed to the disk before the rename, so that neither a crash
    nor a power cut leaves half of it under the final name. Raises WriteError in
    one line where the disk is full or the folder can't be written.
    """
    # the name says whose it is, so that a later run can clear up after a killed one; it is short
    # whatever `path.name` is, since that may already fill the 255 bytes that a name may have
    partial = path.parent / f".{os.getpid()}-{abs(hash(path.name)):x}{PARTIAL}"
    try:
        yield partial
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as cause:
        raise WriteError(f"{path}: can't be written: {cause.strerror or cause}; free space or choose another folder") from cause
    finally:
        partial.unlink(missing_ok=True)
