"""The log of a run holds each step once, and can be drawn."""

from __future__ import annotations

import csv

import numpy as np

from training.log import add_row, begin_log, plot


def test_rows_after_the_last_checkpoint_are_dropped(tmp_path):
    """A run killed between checkpoint and kill had logged steps that the resumed run logs again."""
    log = tmp_path / "run.csv"
    begin_log(log, 0)
    for step in (20, 40, 60):
        add_row(log, step, np.array([0.5, 0.25, 1.0]), 1e-3, step * 1.5)
    begin_log(log, 40)
    add_row(log, 60, np.array([0.4, 0.2, 1.0]), 1e-3, 90.0)
    with log.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["20", "40", "60"]
    assert rows[2]["bce"] == "0.40000"


def test_a_new_run_begins_a_new_log(tmp_path):
    log = tmp_path / "run.csv"
    log.write_text("anything\n20,1,1,1,1,1\n")
    begin_log(log, 0)
    assert log.read_text().splitlines() == ["step,bce,half_mse,norm,rate,seconds"]


def test_plots_of_short_and_long_logs(tmp_path):
    for rows in (1, 30):
        log = tmp_path / f"run{rows}.csv"
        begin_log(log, 0)
        for i in range(rows):
            add_row(log, 20 * (i + 1), np.array([1 / (i + 1), 0.5, 1.0]), 1e-3, i)
        assert plot(log).read_bytes().startswith(b"\x89PNG")
