"""All corrections of one image in their order: lines that are only ever added to a file.

A line is on the disk before its client is answered. Of a process that was killed while it wrote one, a piece
of a line is left; it was never answered, and is cut off when the file is opened.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from ..errors import RequestError, WriteError
from .edits import Edit

UNDO, REDO = "undo", "redo"


class Journal:
    """The lines of one file, and which edits hold after them."""

    def __init__(self, path: Path) -> None:
        """Reads what is there; raises WriteError where a whole line is none of ours."""
        self.path = path
        self.lines = 0
        self.edits: list[Edit] = []  # that hold, in order
        self.undone: list[Edit] = []  # that may be done again, the last one first
        if not path.exists():
            return
        data = path.read_bytes()
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            os.truncate(path, whole)
        for line in data[:whole].decode("utf-8").splitlines():
            try:
                self.take(json.loads(line))
            except (ValueError, KeyError, TypeError, IndexError) as cause:
                number = self.lines + 1
                raise WriteError(f"{path}: line {number} is no edit ({cause}); move the file away") from cause

    def take(self, line: dict[str, object] | str) -> None:
        """What one line changes."""
        if line == UNDO:
            self.undone.append(self.edits.pop())
        elif line == REDO:
            self.edits.append(self.undone.pop())
        else:
            self.edits.append(edit_of(line))  # type: ignore[arg-type]
            self.undone.clear()
        self.lines += 1

    def add(self, edit: Edit) -> None:
        """One more."""
        self.append(edit.as_dict())

    def undo(self) -> Edit:
        """The last one no longer holds; raises RequestError where there is none."""
        if not self.edits:
            raise RequestError("there is nothing to undo", 409)
        edit = self.edits[-1]
        self.append(UNDO)
        return edit

    def redo(self) -> Edit:
        """The last one undone holds again; raises RequestError where there is none."""
        if not self.undone:
            raise RequestError("there is nothing to do again", 409)
        edit = self.undone[-1]
        self.append(REDO)
        return edit

    def append(self, line: dict[str, object] | str) -> None:
        """On the disk first, then in memory."""
        with self.path.open("ab") as file:
            file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self.take(json.loads(json.dumps(line)))


def edit_of(line: dict[str, list[list[float]]]) -> Edit:
    """A line of JSON as an edit."""
    points = tuple((float(x), float(y)) for x, y in line["points"])
    return Edit(line["op"], points, tuple(int(area) for area in line["areas"]))  # type: ignore[arg-type,call-overload]
