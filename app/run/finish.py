"""From flow and probability to files: labels first, then what people look at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from ..cells import Extents, Found, find_cells
from ..cells.multiscale import Rows, Scored
from ..cells.spool import Spool
from ..network import Clock, Network, Progress, ScaleBands, parse_scales
from ..network.stains import lenient
from ..settings import Job
from ..write.labels import rewrite_record, write_label_bands, write_labels
from ..write.rows import OnDisk
from .calibrated import for_image
from .kept import FoundOnDisk, Kept
from .memory import band_height
from .ready import Ready

if TYPE_CHECKING:
    from .rows import Row


class Hands(Protocol):
    """Who sees and tracks a slide: `Alone`, or many workers."""

    def plan(self, clock: Clock, scales: tuple[float, ...], /) -> Progress:
        """What will be run."""

    def cells(
        self, job: Job, clock: Clock, progress: Progress, height: int, kept: Kept, scored: Scored, /
    ) -> Rows:
        """Consecutive rows of the final labels, by bands of `height` image rows.

        `scored` gets the scores in the order of ids, `kept` what was seen at the finest scale.
        """


@dataclass(frozen=True)
class Finished:
    """One image that was written."""

    label: Path
    shape: tuple[int, int]
    cells: int
    seconds: float  # of this image alone, from opening to the last file
    budget: float | None  # seconds it may take
    progress: Progress
    row: Row | None = None  # for the report
    warning: str | None = None  # what the labels themselves give cause for
    setting: str = ""  # what followed the network, where the weights know more than one

    def __str__(self) -> str:
        limit = "" if self.budget is None else f" of {self.budget:.1f} s"
        size = f"{self.shape[0]} × {self.shape[1]}"
        setting = f", setting {self.setting}" if self.setting else ""
        return f"{self.cells} cells, {size}, {self.seconds:.2f}{limit or ' s'}, {self.progress}{setting}"

    @property
    def over(self) -> float:
        """Seconds beyond the budget; 0 where it was kept."""
        return 0.0 if self.budget is None else max(self.seconds - self.budget, 0.0)

    @property
    def late(self) -> bool:
        """Whether it took longer than it may."""
        return self.over > 0


def finish_whole(
    job: Job, ready: Ready, network: Network, bands: ScaleBands, progress: Progress, clock: Clock
) -> Finished:
    """Tracks, writes and draws an image that is held whole; `clock` was stopped when the network ended."""
    clock = clock.resumed()
    began = clock.spent
    job, heard, setting = for_image(job, network, bands, progress)
    found = find_cells(heard, ready.shape, job.tracking, job.merging, network.tracks_on)
    extents = Extents()
    extents.add(found.labels)
    write_labels(ready.partial.temporary, found.labels, ready.record)
    tracked = sum(probability.size for _, (_, probability) in bands)
    network.speed.saw_tracking(tracked * progress.signal, clock.spent - began)
    row = publish(job, ready, found, progress, clock)
    done = finished(job, ready, extents, progress, clock, row)
    several = network.calibration is not None and bool(network.calibration.modalities)
    return replace(done, setting=setting.name) if several else done


def finish_banded(job: Job, ready: Ready, hands: Hands, clock: Clock) -> Finished:
    """Network, tracking and writing of a slide, band by band.

    What its writers need waits on the disk, in files without names beside the results.
    It takes the common setting: those of modalities were chosen on images that are held whole.
    """
    progress = hands.plan(clock, parse_scales(job.scales))
    job = replace(job, tracking=lenient(job.tracking, progress.haematoxylin))
    height = band_height(ready.shape[1])
    folder = ready.partial.path.parent
    scores: list[NDArray[np.float32]] = [np.zeros(0, np.float32)]
    extents = Extents()
    with Spool(folder) as spool, Kept(job.save, ready.shape, progress.rung.scales[0], folder) as kept:
        labels = hands.cells(job, clock, progress, height, kept, scores.append)
        watched = extents.watch(labels)
        write_label_bands(ready.partial.temporary, watched, ready.shape, ready.record, spool)
        found = FoundOnDisk(OnDisk(ready.shape, spool.rows), np.concatenate(scores), *kept.on_image_grid())
        row = publish(job, ready, found, progress, clock)
    return finished(job, ready, extents, progress, clock, row)


def finished(
    job: Job, ready: Ready, extents: Extents, progress: Progress, clock: Clock, row: Row | None
) -> Finished:
    """What is told of an image whose files are all there."""
    return Finished(
        ready.partial.path,
        ready.shape,
        extents.cells,
        clock.spent,
        clock.budget,
        progress,
        row,
        extents.warning(job.tracking, progress.rung.scales[-1]),
    )


def publish(
    job: Job, ready: Ready, found: Found | FoundOnDisk, progress: Progress, clock: Clock
) -> Row | None:
    """Gives the label file its name once everything else is drawn; returns the report's row.

    Where drawing fails the labels are published all the same, with a record
    that says so, and the next run does the image again.
    """
    try:
        row = draw(job, ready, found, progress, clock) if job.draws else None
    except Exception:
        rewrite_record(ready.partial.temporary, replace(ready.record, settings="extras are missing"))
        ready.partial.publish()
        raise
    ready.partial.publish()
    return row


def draw(job: Job, ready: Ready, found: Found | FoundOnDisk, progress: Progress, clock: Clock) -> Row | None:
    """Everything that `--save` asked for, and the row where a report is wanted."""
    from ..write import WRITERS, Result

    source = ready.source
    result = Result(
        ready.stem,
        OnDisk((*ready.shape, 3), source.rows),
        OnDisk((*ready.shape, source.info.channels), source.raw_rows),
        found.labels,
        found.flow,
        found.probability,
        source.info.pixel_size_um,
        file_name=ready.path.name,
        scores=found.scores,
        spool=job.output,
    )
    written = {name: WRITERS[name](result, job.output) for name in job.save}
    if not job.report:
        return None
    from ..write.overlay import for_browser
    from .rows import make_row

    overlay = for_browser(written["overlay"]).name if "overlay" in written else ""
    return make_row(result, clock.spent, clock.budget, str(progress), source.info.notes, overlay)
