"""What tells one input from another: the bytes of a file or OME-Zarr, or what an address's host tells."""

from __future__ import annotations

import hashlib
from pathlib import Path

from .address import address
from .find import is_zarr


def digest(path: Path) -> str:
    """sha256 of a file's bytes, read in pieces; of an OME-Zarr's files with their names. Raises OSError.

    Of an address: `remote_digest`, which raises ReadError.
    """
    if address(path):
        from .remote import remote_digest

        return remote_digest(path, folder=is_zarr(path))
    if is_zarr(path):
        files = sorted(file for file in path.rglob("*") if file.is_file())
        named = (f"{file.relative_to(path).as_posix()}\0{file_digest(file)}\n" for file in files)
        return hashlib.sha256("".join(named).encode(errors="surrogateescape")).hexdigest()
    return file_digest(path)


def file_digest(path: Path) -> str:
    """Of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
