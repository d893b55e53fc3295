"""A layout as looks need it: how deep a pixel lies in its cell, how far from one, and values per cell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from training.synthetic.canvas import Labels, Layout, borders
from training.synthetic.fields import Image, Random, smooth


@dataclass(frozen=True)
class Scene:
    """One layout to be looked at; all fields are `(S, S)` float32."""

    layout: Layout
    rng: Random

    @property
    def labels(self) -> Labels:
        return self.layout.labels

    @property
    def size(self) -> int:
        return len(self.layout.labels)

    @property
    def diameter(self) -> float:
        return self.layout.diameter

    @cached_property
    def body(self) -> Image:
        """1 inside of cells, 0 outside."""
        return (self.labels > 0).astype(np.float32)

    @cached_property
    def inside(self) -> Image:
        """px to the cell's own border, 0.5 on it; 0 outside of cells."""
        return distance((self.labels > 0) & ~borders(self.labels)) + 0.5 * self.body

    @cached_property
    def outside(self) -> Image:
        """px to the nearest cell; 0 in cells, `S` everywhere in an empty field."""
        if not self.labels.any():
            return np.full(self.labels.shape, self.size, np.float32)
        return distance(self.labels == 0)

    @cached_property
    def halves(self) -> NDArray[np.float32]:
        """`(N + 1,)` px, half the width of each cell where it is widest, 1 at least."""
        widest = np.ones(int(self.labels.max()) + 1, np.float32)
        np.maximum.at(widest, self.labels.ravel(), self.inside.ravel())
        return widest

    @cached_property
    def depth(self) -> Image:
        """From 0 outside to 1 in the middle of each cell."""
        return self.inside / self.halves[self.labels]

    @cached_property
    def texture(self) -> Image:
        """Structure of a tenth to a third of a cell."""
        return smooth(self.rng, self.size, max(self.diameter * self.rng.uniform(0.08, 0.35), 2), 3)

    @cached_property
    def grain(self) -> Image:
        """Structure of a few px, whatever the size of the cells."""
        return smooth(self.rng, self.size, self.rng.uniform(1.5, 4))

    @cached_property
    def ground(self) -> Image:
        """Structure of the ground, from a few px to a third of the field."""
        return smooth(self.rng, self.size, self.rng.uniform(6, self.size / 3), 4)

    def per_cell(self, spread: float) -> Image:
        """A factor for each cell, log-normal around 1; 0 outside of cells."""
        values = self.rng.lognormal(0, spread, int(self.labels.max()) + 1).astype(np.float32)
        values[0] = 0
        return values[self.labels]

    def some_cells(self, share: float) -> Image:
        """1 in a share of the cells, 0 elsewhere."""
        chosen = self.rng.random(int(self.labels.max()) + 1) < share
        chosen[0] = False
        return chosen[self.labels].astype(np.float32)

    def edge(self, width: float) -> Image:
        """The inside with a soft edge: 0 at the border, 1 from some 3 × `width` px on."""
        return self.body * (1 - np.exp(-self.inside / np.float32(width)))

    @cached_property
    def middles(self) -> NDArray[np.float32]:
        """`(2, N + 1)` px, the middle of each cell, its deep parts counting most."""
        weight = (self.inside.ravel() ** 2).astype(np.float64)
        total = np.bincount(self.labels.ravel(), weight) + 1e-6
        y, x = np.indices(self.labels.shape)
        sums = [np.bincount(self.labels.ravel(), weight * axis.ravel()) for axis in (y, x)]
        return np.stack([each / total for each in sums]).astype(np.float32)

    def nuclei(self, share: float, astray: float = 0.15) -> Image:
        """0 to 1: an oval nucleus in each cell, `share` of its width, `astray` of it off the middle."""
        rng, count = self.rng, int(self.labels.max()) + 1
        y, x = np.indices(self.labels.shape, np.float32)
        middle = self.middles + rng.normal(0, astray, (2, count)).astype(np.float32) * self.halves
        dy, dx = y - middle[0][self.labels], x - middle[1][self.labels]
        turn = rng.uniform(0, np.pi, count).astype(np.float32)
        aspect = rng.uniform(1, 1.5, count).astype(np.float32) ** 0.5
        c, s = np.cos(turn)[self.labels], np.sin(turn)[self.labels]
        u, v = (c * dx + s * dy) / aspect[self.labels], (c * dy - s * dx) * aspect[self.labels]
        radius = (share * self.halves * rng.uniform(0.85, 1.15, count).astype(np.float32))[self.labels]
        reach = np.minimum(radius - np.hypot(u, v), self.inside - 1)
        return self.body * np.clip(reach / 1.5 + 0.5, 0, 1)


def distance(inside: NDArray[np.bool_]) -> Image:
    """px from each pixel that is true to the nearest that is not."""
    from scipy import ndimage

    if inside.all():
        return np.full(inside.shape, len(inside), np.float32)
    return ndimage.distance_transform_edt(inside).astype(np.float32)
