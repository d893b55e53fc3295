"""Tracks for people: one row per cell and frame. Tracks for the Cell Tracking Challenge: a folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..stack.tracks import Row
from ..system.whole_folder import whole_folder
from .labels import label_dtype
from .measure import Columns


class TrackTable:
    """Where each track is in each frame, from its frames as they come."""

    def __init__(self, parents: Mapping[int, int]) -> None:
        self.parents = parents
        self.rows: list[NDArray[np.float64]] = []  # (N, 6): track, frame, y, x, area, drawn

    def add(self, labels: NDArray[np.int32], drawn: Iterable[int]) -> None:
        """The next frame, `(H, W)` labels by track; `drawn` are those that were missed and put in."""
        y, x = np.nonzero(labels)
        tracks = labels[y, x]
        area = np.bincount(tracks, minlength=1)
        ids = np.flatnonzero(area)
        means = [np.bincount(tracks, place, minlength=1)[ids] / area[ids] for place in (y, x)]
        frame = np.full(len(ids), len(self.rows))
        added = np.isin(ids, np.fromiter(drawn, np.int64))
        self.rows.append(np.stack([ids, frame, *means, area[ids], added], axis=1))

    def table(self, pixel_size_um: tuple[float, float] | None = None) -> Columns:
        """Column name → values, one per track and frame, by track, then frame.

        Centroids count from the centre of the first pixel, in pixels, and in
        µm too where the pixel size is known. The parent is 0 where there is none.
        """
        rows = np.concatenate([np.zeros((0, 6)), *self.rows])
        rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
        whole = rows.astype(np.int64)
        columns: Columns = {
            "track": whole[:, 0],
            "frame": whole[:, 1],
            "parent": np.array([self.parents.get(track, 0) for track in whole[:, 0].tolist()], np.int64),
            "centroid_y": rows[:, 2],
            "centroid_x": rows[:, 3],
            "area": whole[:, 4],
            "interpolated": whole[:, 5] > 0,
        }
        if pixel_size_um is not None:
            y, x = pixel_size_um
            columns |= {"centroid_y_um": rows[:, 2] * y, "centroid_x_um": rows[:, 3] * x}
            columns["area_um2"] = rows[:, 4] * y * x
        return columns


def write_challenge(
    folder: Path,
    frames: Iterable[NDArray[np.int32]],
    count: int,
    rows: Iterable[Row],
    other: Mapping[tuple[int, int], int],
) -> None:
    """Writes `maskTTT.tif` of each frame and `res_track.txt`; the folder appears whole or not at all.

    `count` is the number of frames; `other` says which (track, frame) has
    another id there than the track's. Raises WriteError.
    """
    import tifffile

    rows = list(rows)
    dtype = label_dtype(max((row[0] for row in rows), default=0))
    digits = max(len(str(count - 1)), 3)
    with whole_folder(folder) as partial:
        for frame, labels in enumerate(frames):
            ids = np.arange(int(labels.max(initial=0)) + 1, dtype=np.int64)
            for track in range(len(ids)):
                ids[track] = other.get((track, frame), track)
            path = partial / f"mask{frame:0{digits}d}.tif"
            tifffile.imwrite(path, ids[labels].astype(dtype), compression="zlib", metadata=None)
        lines = "".join(f"{track} {begin} {end} {parent}\n" for track, begin, end, parent in rows)
        (partial / "res_track.txt").write_text(lines, encoding="ascii")
