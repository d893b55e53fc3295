"""What a hostile file is: how it is made, and what is expected of the reader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

READS = "reads"  # an image comes out
REFUSED = "refused"  # one ReadError of one line


@dataclass(frozen=True)
class Case:
    """One file: `make(folder)` writes it and returns its path."""

    name: str
    how: str
    expect: str
    make: Callable[[Path], Path]
    says: str = ""  # part of the error, or of a note
    shape: tuple[int, int] | None = None  # of the image that comes out
