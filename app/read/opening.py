"""From a path to an open regular file, and from its first bytes to its format."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from ..errors import ReadError
from .address import address

SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),  # BigTIFF
    (b"MM\0+", "TIFF"),
    (b"PK\3\4", "ZIP"),
)
SLIDES = {".mrxs": "MIRAX", ".vms": "Hamamatsu", ".vmu": "Hamamatsu", ".svslide": "Sakura"}
AGAIN = "copy it again or export it anew"
KINDS = {
    stat.S_IFDIR: "is a folder",
    stat.S_IFIFO: "is a FIFO",
    stat.S_IFSOCK: "is a socket",
    stat.S_IFCHR: "is a device",
    stat.S_IFBLK: "is a device",
}
STATE = ("st_size", "st_mtime_ns")  # what must not change between opening and the last read


def unreadable(path: Path, what: object, todo: str) -> ReadError:
    """The one line: file, what was wrong, what to do; foreign messages are cut to fit."""
    message = " ".join(str(what).split()) or type(what).__name__
    if len(message) > 200:
        message = message[:197] + "..."
    return ReadError(f"{printable(address(path) or str(path))}: {printable(message)}; {todo}")


def printable(text: str) -> str:
    """Line breaks, control characters and undecodable bytes written as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def open_regular(path: Path) -> BinaryIO:
    """Opens a regular file for reading, following links; anything else is refused without waiting for it.

    What lies at an address is copied first. Raises ReadError.
    """
    if address(path):
        from .remote import fetch

        return fetch(path)
    try:
        kind = stat.S_IFMT(path.stat().st_mode)
        if kind == stat.S_IFREG:
            # between stat and open the name may have become a FIFO: never wait for a writer
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            kind = stat.S_IFMT(os.fstat(descriptor).st_mode)
            if kind == stat.S_IFREG:
                return os.fdopen(descriptor, "rb")
            os.close(descriptor)
    except FileNotFoundError as cause:
        what = "is a link to a file that does not exist" if path.is_symlink() else "does not exist"
        raise unreadable(path, what, "check the path") from cause
    except PermissionError as cause:
        raise unreadable(path, "must not be read by this user", "check its permissions") from cause
    except (OSError, ValueError) as cause:
        reason = getattr(cause, "strerror", None) or cause
        raise unreadable(path, f"can't be opened: {reason}", "check the path") from cause
    raise unreadable(path, KINDS.get(kind, "is no regular file"), "give an image file")


def state(file: BinaryIO) -> tuple[int, ...]:
    """Changes when the file does."""
    status = os.fstat(file.fileno())
    return tuple(getattr(status, name) for name in STATE)


def identify(path: Path, file: BinaryIO) -> str:
    """'PNG', 'JPEG', 'BMP', 'TIFF', 'ZIP', 'DICOM' or one of `SLIDES`; raises ReadError.

    It is told by the first bytes and not by the name, save that of slides which
    keep their pixels in other files: a .mrxs is a JPEG, but of a label or less.
    """
    head = file.read(132)
    file.seek(0)
    if path.suffix.lower() in SLIDES:
        return SLIDES[path.suffix.lower()]
    for signature, name in SIGNATURES:
        if head.startswith(signature):
            return name
    if head.endswith(b"DICM"):
        return "DICOM"
    if not head:
        raise unreadable(path, "is empty (0 bytes)", "copy it again")
    raise unreadable(path, "is not a PNG, JPEG, BMP, TIFF or OME-Zarr", "convert it to one of these")
