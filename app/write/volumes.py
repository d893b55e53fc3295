"""One row of measurements per cell of a volume, from its planes as they come."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .measure import Columns


class Volumes:
    """Sums over the voxels of each cell."""

    def __init__(self) -> None:
        self.sums = np.zeros((1, 4))  # per id: voxels, and their sums of z, y and x
        self.ends = np.zeros((1, 2), np.int64)  # first and last plane
        self.planes = 0

    def add(self, labels: NDArray[np.int32]) -> None:
        """The next plane, `(H, W)` ids of the whole stack."""
        y, x = np.nonzero(labels)
        ids = labels[y, x]
        cells = max(int(ids.max(initial=0)) + 1, len(self.sums))
        new = cells - len(self.sums)
        self.sums = np.pad(self.sums, ((0, new), (0, 0)))
        self.ends = np.pad(self.ends, ((0, new), (0, 0)))
        voxels = np.bincount(ids, minlength=cells)
        here = voxels > 0
        self.ends[here & (self.sums[:, 0] == 0), 0] = self.planes
        self.ends[here, 1] = self.planes
        sums = [np.bincount(ids, place, minlength=cells) for place in (y, x)]
        self.sums += np.stack([voxels, voxels * self.planes, *sums], axis=1)
        self.planes += 1

    def table(
        self, pixel_size_um: tuple[float, float] | None = None, spacing_um: float | None = None
    ) -> Columns:
        """Column name → values, one per cell, ids ascending.

        Centroids count from the centre of the first voxel of the first plane,
        in voxels, and in µm where both sizes are known.
        """
        ids = np.flatnonzero(self.sums[:, 0])
        voxels = self.sums[ids, 0]
        centroids = self.sums[ids, 1:] / voxels[:, None]
        columns: Columns = {"id": ids}
        columns |= {f"centroid_{axis}": centroids[:, i] for i, axis in enumerate("zyx")}
        first, last = self.ends[ids].T
        columns |= {"volume": voxels.astype(np.int64), "first_z": first, "last_z": last}
        if pixel_size_um is not None and spacing_um is not None:
            sizes = np.array([spacing_um, *pixel_size_um])
            columns |= {f"centroid_{axis}_um": centroids[:, i] * sizes[i] for i, axis in enumerate("zyx")}
            columns["volume_um3"] = voxels * sizes.prod()
        return columns
