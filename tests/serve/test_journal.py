"""Corrections are on the disk in their order, whatever ends the process."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import RequestError, WriteError
from app.serve.edits import Edit
from app.serve.journal import Journal

FIRST, SECOND = Edit("delete", ((1.0, 2.0),), (9,)), Edit("draw", ((1.0, 1.0), (5.0, 1.0), (5.0, 5.0)))


def test_another_process_finds_what_was_added(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "edits.jsonl")
    journal.add(FIRST)
    journal.add(SECOND)
    journal.undo()
    again = Journal(tmp_path / "edits.jsonl")
    assert (again.edits, again.undone, again.lines) == ([FIRST], [SECOND], 3)
    again.redo()
    assert Journal(tmp_path / "edits.jsonl").edits == [FIRST, SECOND]


def test_a_new_correction_ends_what_can_be_done_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "edits.jsonl")
    journal.add(FIRST)
    journal.undo()
    journal.add(SECOND)
    with pytest.raises(RequestError, match="do again"):
        journal.redo()
    journal.undo()
    with pytest.raises(RequestError, match="undo"):
        journal.undo()


def test_half_a_line_is_cut_off(tmp_path: Path) -> None:
    """Of a process that was killed while it wrote; the next line must not be glued to the piece."""
    path = tmp_path / "edits.jsonl"
    Journal(path).add(FIRST)
    whole = path.read_bytes()
    for length in range(1, len(whole)):
        path.write_bytes(whole + whole[:length].rstrip(b"\n"))
        journal = Journal(path)
        assert journal.edits == [FIRST]
        journal.add(SECOND)
        assert Journal(path).edits == [FIRST, SECOND]


def test_a_damaged_line_is_told_and_not_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "edits.jsonl"
    path.write_text('"undo"\n')
    with pytest.raises(WriteError, match="line 1"):
        Journal(path)
