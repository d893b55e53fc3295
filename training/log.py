"""The log of a run: a CSV that grows by a row every 20 steps, and its plot."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from app.errors import UsageError
from app.system.tables import read_table

EVERY = 20  # steps per row
COLUMNS = ("step", "bce", "half_mse", "norm", "rate", "seconds")


def begin_log(path: Path, first: int) -> None:
    """A log with the header and the rows up to step `first`; a killed run may have left later ones."""
    rows = []
    if first and path.is_file():
        with path.open(newline="") as file:
            rows = [row for row in csv.reader(file) if row[0].isdigit() and int(row[0]) <= first]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])


def add_row(path: Path, step: int, means: np.ndarray, rate: float, seconds: float) -> None:
    """One row: means over the last 20 steps of BCE, weighted MSE and the gradient's norm."""
    bce, mse, norm = means
    row = [step, f"{bce:.5f}", f"{mse:.5f}", f"{norm:.3f}", f"{rate:.2e}", f"{seconds:.1f}"]
    with path.open("a", newline="") as file:
        csv.writer(file).writerow(row)


def read_log(path: Path) -> list[dict[str, str]]:
    """The rows of a log, one at least; raises UsageError."""
    rows = read_table(path, UsageError, "`fit` writes it")
    if not rows or not set(COLUMNS) <= rows[-1].keys():
        raise UsageError(f"{path}: holds no row of a log; `fit` writes one every {EVERY} steps")
    return rows


def plot(path: Path) -> Path:
    """Draws the learning curve of a log beside it, as PNG; raises UsageError."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    rows = read_log(path)
    table = {name: np.array([float(row[name]) for row in rows]) for name in COLUMNS}
    figure, axis = plt.subplots(figsize=(8, 4.5), layout="constrained")
    window = min(9, len(rows))
    for column, name in (("bce", "BCE of the probability"), ("half_mse", "½ MSE of the flow")):
        line = axis.plot(table["step"], table[column], alpha=0.3)[0]
        smooth = np.convolve(table[column], np.full(window, 1 / window), mode="valid")
        axis.plot(table["step"][window - 1 :], smooth, color=line.get_color(), label=name)
    axis.set(xlabel="step", ylabel="loss", title=path.stem, ylim=(0, None))
    axis.legend()
    rate = axis.twinx()
    rate.plot(table["step"], table["rate"], color="gray", linestyle=":")
    rate.set_ylabel("learning rate")
    picture = path.with_suffix(".png")
    figure.savefig(picture, dpi=120)
    plt.close(figure)
    return picture
