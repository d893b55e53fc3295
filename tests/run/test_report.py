"""What became of a run reaches its page, value by value."""

from __future__ import annotations

import html
import re
from pathlib import Path

import numpy as np

from app.network import Progress
from app.network.ladder import Rung
from app.run.finish import Finished
from app.run.report import NAME, settings, write
from app.run.rows import Row, row_of
from app.run.tally import Tally
from app.settings import Job


def finished(tmp_path: Path, row: Row) -> Finished:
    progress = Progress(Rung(0.6, 6), 6)
    return Finished(tmp_path / "a", (5, 5), 1, 12.0, 10.0, progress, row, "a cell is 400 px across")


def test_settings_are_told_one_by_one(tmp_path: Path) -> None:
    """The line of the label files was cut at its commas: `save ('overlay'`, `windows Windows(size=512`."""
    told = settings(Job((tmp_path,), tmp_path, save=("overlay", "table"), channels=(2, 1, 0)))
    assert told["save"] == "overlay, table"
    assert told["channels"] == "2, 1, 0"
    assert told["device"] == "auto"
    assert told["windows: size"] == "512"
    assert told["tracking: niter"] == "200"
    assert not any(sign in value for value in told.values() for sign in "()'")


def test_a_row_says_what_the_log_says(tmp_path: Path) -> None:
    """Rows are drawn before an image has ended: its last warning and its last second were missing."""
    drawn = Row("a", seconds=9.0, tolerance=10.0)
    row = row_of(finished(tmp_path, drawn), drawn)
    assert row.late
    assert row.warnings == ("a cell is 400 px across",)


def test_names_that_are_no_utf8(tmp_path: Path) -> None:
    """A file named in Latin-1 ended the whole run with a traceback where a report was wanted."""
    row = Row("caf\udce9", height=5, width=5, diameters=np.ones(1, np.float32))
    tally = Tally([finished(tmp_path, row)])
    write(Job((tmp_path,), tmp_path, report=True), "weights", tally, {}, 1.0)
    page = html.unescape((tmp_path / NAME).read_text(encoding="utf-8"))
    assert re.search(r"caf\\udce9", page)
