"""One row of measurements per cell."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..system.tables import write_table
from .measure import Columns, means, measure
from .result import Result


def write(result: Result, folder: Path) -> Path:
    """Writes `<stem>_cells.csv`, UTF-8, ids ascending; returns its path."""
    path = folder / f"{result.stem}_cells.csv"
    write_columns(table(result), path)
    return path


def write_columns(columns: Columns, path: Path) -> None:
    """Writes columns of one length as CSV, UTF-8; raises WriteError."""
    write_table(path, columns, zip(*(texts(column) for column in columns.values()), strict=True))


def table(result: Result) -> Columns:
    """Column name → values, one per cell, ids ascending.

    Lengths are in pixels, and in µm too where the pixel size is known;
    intensities are means of the stored values.
    """
    columns = measure(result.labels)
    ids = columns["id"].astype(np.int64)
    border = columns.pop("touches_border")
    if result.scores is not None:
        columns["score"] = result.scores[ids - 1].astype(np.float64)
    columns["mean_probability"] = means(result.labels, result.probability, ids)
    for index, channel in enumerate(result.channels):
        columns[f"mean_intensity_{channel}"] = means(result.labels, result.raw[..., index], ids)
    columns["touches_border"] = border
    if result.pixel_size_um is not None:
        y, x = result.pixel_size_um
        area = columns["area"].astype(np.float64) * y * x
        columns["centroid_y_um"] = columns["centroid_y"].astype(np.float64) * y
        columns["centroid_x_um"] = columns["centroid_x"].astype(np.float64) * x
        columns["area_um2"] = area
        columns["equivalent_diameter_um"] = np.sqrt(4 * area / np.pi)
    return columns


def texts(column: np.ndarray) -> list[str]:
    """Whole numbers and truth values as they are, others to the seven digits that place a cell on a slide."""
    if column.dtype.kind == "f":
        return [f"{value:.7g}" for value in column.tolist()]
    return [str(value) for value in column.tolist()]
