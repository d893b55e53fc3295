"""What lies at an address, through fsspec: only where a user names one and fsspec is installed."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import ReadError
from .address import address
from .opening import unreadable

METADATA = ("zarr.json", ".zattrs", ".zgroup")  # of an OME-Zarr; it has all or some of them
INSTALL = {
    "s3": "pip install s3fs",
    "https": 'pip install "fsspec[http]"',
    "http": 'pip install "fsspec[http]"',
}


def fetch(path: Path) -> BinaryIO:
    """The whole file at an address, copied to a temporary file without a name; raises ReadError."""
    with file_system(path) as (system, inside):
        with system.open(inside, "rb") as remote, ExitStack() as unless_whole:
            copied = unless_whole.enter_context(tempfile.TemporaryFile())
            shutil.copyfileobj(remote, copied, 1 << 22)
            copied.seek(0)
            unless_whole.pop_all()
        return copied


def open_remote(path: Path) -> Any:
    """A store of zarr at an address; raises ReadError."""
    with file_system(path):
        from zarr.storage import FsspecStore

        return FsspecStore.from_url(str(address(path)), read_only=True)


def remote_digest(path: Path, *, folder: bool) -> str:
    """What changes when the image at an address does, as far as its host tells without sending it.

    Of a file its length, date and tag; of a folder, which has none, its
    metadata. Raises ReadError.
    """
    with file_system(path) as (system, inside):
        if folder:
            told: Any = [
                system.cat_file(f"{inside}/{name}").decode()
                for name in METADATA
                if system.exists(f"{inside}/{name}")
            ]
        else:
            info = system.info(inside)
            told = {key: str(info[key]) for key in ("size", "ETag", "LastModified") if key in info}
    return hashlib.sha256(json.dumps([address(path), told]).encode()).hexdigest()


@contextmanager
def file_system(path: Path) -> Iterator[tuple[Any, str]]:
    """fsspec's file system of an address, and the place in it; what fails inside is one ReadError."""
    url = str(address(path))
    try:
        import fsspec

        yield fsspec.url_to_fs(url)
    except ReadError:
        raise
    except ImportError as cause:
        todo = f"{INSTALL[url.partition(':')[0]]}, or copy it here and name the copy"
        raise unreadable(path, f"can't be fetched without {cause.name or cause}", todo) from cause
    except FileNotFoundError as cause:
        raise unreadable(path, "does not exist", "check the address") from cause
    except Exception as cause:  # foreign code on a foreign host: whatever it raises, the address is at fault
        raise unreadable(path, f"can't be fetched: {cause}", "check the address and the network") from cause
