"""One row of measurements per cell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..system.tables import write_table
from .groups import Group, groups
from .measure import Columns, means, measure
from .result import Result
from .rows import rows


def write(result: Result, folder: Path) -> Path:
    """Writes `<stem>_cells.csv`, UTF-8, ids ascending; returns its path."""
    path = folder / f"{result.stem}_cells.csv"
    nothing = Group(0, 0, np.zeros((1, result.shape[1]), np.int32))
    cells = (cell for group in groups(result) for cell in lines(table(result, group)))
    write_table(path, table(result, nothing), cells)
    return path


def write_columns(columns: Columns, path: Path) -> None:
    """Writes columns of one length as CSV, UTF-8; raises WriteError."""
    write_table(path, columns, lines(columns))


def table(result: Result, group: Group) -> Columns:
    """Column name → values, one per cell of a group, ids ascending.

    Lengths are in pixels, and in µm too where the pixel size is known;
    intensities are means of the stored values.
    """
    columns = measure(group.labels, group.top, result.shape[0])
    own = columns["id"].astype(np.int64)
    columns["id"] = own + group.before
    border = columns.pop("touches_border")
    if result.scores is not None:
        columns["score"] = result.scores[own + group.before - 1].astype(np.float64)
    span = group.top, group.top + len(group.labels)
    if result.probability is not None:
        columns["mean_probability"] = means(group.labels, rows(result.probability, *span), own)
    raw = rows(result.raw, *span)
    for index, channel in enumerate(result.channels):
        columns[f"mean_intensity_{channel}"] = means(group.labels, raw[..., index], own)
    columns["touches_border"] = border
    if result.pixel_size_um is not None:
        y, x = result.pixel_size_um
        area = columns["area"].astype(np.float64) * y * x
        columns["centroid_y_um"] = columns["centroid_y"].astype(np.float64) * y
        columns["centroid_x_um"] = columns["centroid_x"].astype(np.float64) * x
        columns["area_um2"] = area
        columns["equivalent_diameter_um"] = np.sqrt(4 * area / np.pi)
    return columns


def lines(columns: Columns) -> Iterator[tuple[str, ...]]:
    """The rows of columns of one length."""
    return zip(*(texts(column) for column in columns.values()), strict=True)


def texts(column: np.ndarray) -> list[str]:
    """Whole numbers and truth values as they are, others to the seven digits that place a cell on a slide."""
    if column.dtype.kind == "f":
        return [f"{value:.7g}" for value in column.tolist()]
    return [str(value) for value in column.tolist()]
