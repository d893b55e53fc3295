"""A slide seen and tracked by this process: bands of its network, tracked as they come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..cells import find_cells_in_bands
from ..cells.multiscale import Rows, Scored
from ..network import Band, Clock, Network, Progress, scaled
from ..settings import Job
from .kept import Kept
from .ready import Ready


@dataclass(frozen=True)
class Alone:
    """Hands of `finish_banded`."""

    network: Network
    ready: Ready

    def plan(self, clock: Clock, scales: tuple[float, ...]) -> Progress:
        """As `Network.plan`."""
        return self.network.plan(self.ready.source, self.ready.shape, clock, scales)

    def cells(
        self, job: Job, clock: Clock, progress: Progress, height: int, kept: Kept, scored: Scored
    ) -> Rows:
        """As `find_cells_in_bands`; a band has `height` image rows."""
        source, shape = self.ready.source, self.ready.shape
        finest = progress.rung.scales[0]

        def bands(scale: float) -> Iterator[Band]:
            given = self.network.bands(source, shape, clock, progress, scale, height)
            return kept.collect(given) if scale == finest else given

        return find_cells_in_bands(
            [(s, scaled(shape, s), bands(s)) for s in reversed(progress.rung.scales)],
            shape,
            job.tracking,
            job.merging,
            self.ready.partial.path.parent,
            scored,
            self.network.tracks_on,
        )
