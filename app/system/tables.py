"""CSV files: written whole, read with one line of error."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..errors import MediarError
from .files import whole_file


def write_table(path: Path, head: Iterable[str], rows: Iterable[Sequence[object]]) -> None:
    """UTF-8 with a head, whole or not at all; raises WriteError."""
    with whole_file(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(rows)


def read_table(path: Path, kind: type[MediarError], advice: str) -> list[dict[str, str]]:
    """The rows by the names of the head; raises an error of `kind`, with `advice`, in one line."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as cause:
        raise kind(f"{path}: can't be read ({cause}); {advice}") from cause
