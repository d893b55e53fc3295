"""Paths where no file is, or none that may be read."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from .build import GOOD_PNG, written
from .case import READS, REFUSED, Case


def not_files() -> Iterator[Case]:
    yield Case("missing", "no such file", REFUSED, lambda folder: folder / "none.png", "does not exist")
    yield Case("FIFO", "nobody writes to it", REFUSED, fifo, "is a FIFO")
    yield Case("socket", "a Unix socket", REFUSED, sock, "is a socket")
    yield Case("device", "/dev/zero by a link", REFUSED, link(lambda _: Path("/dev/zero")), "is a device")
    yield Case("folder named .png", "an empty folder", REFUSED, directory, "is a folder")
    yield Case(
        "link out of the folder", "to a good PNG", READS, link(written("good.png", GOOD_PNG)), shape=(48, 64)
    )
    yield Case("broken link", "to nothing", REFUSED, link(lambda folder: folder / "gone.png"), "link")
    yield Case(
        "link to itself",
        "a loop",
        REFUSED,
        link(lambda folder: folder / "inside" / "link.png"),
        "can't be opened",
    )
    yield Case("unreadable", "permissions 000", REFUSED, unreadable, "must not be read")
    yield Case("name too long", "300 bytes", REFUSED, lambda folder: folder / ("n" * 300), "can't be opened")
    yield Case("NUL in the name", "", REFUSED, lambda folder: folder / "a\0b.png", "can't be opened")


def link(target: Callable[[Path], Path]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        inside = folder / "inside"
        inside.mkdir()
        path = inside / "link.png"
        path.symlink_to(target(folder))
        return path

    return make


def fifo(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.png")
    return folder / "pipe.png"


def sock(folder: Path) -> Path:
    here = Path.cwd()
    os.chdir(folder)  # the path of a socket may have 107 bytes only
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("socket.png")
    finally:
        os.chdir(here)
    return folder / "socket.png"


def directory(folder: Path) -> Path:
    (folder / "folder.png").mkdir()
    return folder / "folder.png"


def unreadable(folder: Path) -> Path:
    path = written("secret.png", GOOD_PNG)(folder)
    path.chmod(0)
    return path
