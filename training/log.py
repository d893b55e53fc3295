"""The log of a run: a CSV that grows by a row every 20 steps, and its plot."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

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


def plot(path: Path) -> Path:
    """Draws the learning curve of a log beside it, as PNG."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    table = np.atleast_1d(np.genfromtxt(path, delimiter=",", names=True))
    figure, axis = plt.subplots(figsize=(8, 4.5), layout="constrained")
    window = min(9, table.size)
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
