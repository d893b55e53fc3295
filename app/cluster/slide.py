"""A slide seen and tracked by many workers, and joined here, for `finish_banded`.

Workers leave what they made in a hidden folder beside the result, where it stays
until the slide is done: whoever runs the same command after a crash finds it. Joining
follows from the top while workers go on: ids are given in the order of first
pixels, as one machine gives them, and scales are merged.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import __version__
from ..cells.blocks.geometry import Block
from ..cells.multiscale import Rows, Scored, Seen, merge_scales
from ..network import Band, Clock, Progress, scaled
from ..network.ladder import Rung
from ..run.kept import Kept
from ..run.ready import Ready
from ..settings import Job, Tracking
from .answers import taken
from .blocks import Piece, Stored, one_band, pieces
from .cut import cut, evened
from .found import Found
from .queue import FIRST, Queue, Task
from .store import Folder, Part
from .tasks import Maker, Plan, Slide, plan_slide, see_part, track_piece

if TYPE_CHECKING:
    from distributed import Client

    from ..cells.blocks.track import Tracked

logger = logging.getLogger(__name__)


class Workers:
    """Hands of `finish_banded`, elsewhere."""

    def __init__(
        self, client: Client, maker: Maker, ready: Ready, slide: Slide, check: Callable[[int, int], None]
    ) -> None:
        """`check` is called with the tasks that are done, and all, while we wait, and may raise."""
        self.client = client
        self.maker = maker
        self.slide = slide
        self.ready = ready
        self.record = {"version": __version__, **asdict(ready.record)}
        self.folder = Folder(ready.partial.path.with_name(f".{ready.stem}.parts").absolute())
        self.queue = Queue(client, slide.path, ready.shape, check)

    def plan(self, clock: Clock, scales: tuple[float, ...]) -> Progress:
        """That of the run before us where it left one, else as one worker finds it.

        So the budget is one of work: it buys what it would buy if one worker did it all.
        """
        self.made = self.planned_before()
        if self.made is None:
            future = self.client.submit(
                plan_slide, self.maker, self.slide, clock.budget, scales, pure=False, priority=FIRST
            )
            self.queue.wait(future)
            self.made = made = taken(future)
            self.folder.begin({**self.record, "plan": {**asdict(made), "progress": asdict(made.progress)}})
        self.made.progress.passes = self.made.progress.rung.passes
        return self.made.progress

    def planned_before(self) -> Plan | None:
        """The plan of what lies there, where it is of the same image by the same means."""
        known = self.folder.plan()
        plan = known.pop("plan", None)
        if not isinstance(plan, dict) or known != self.record:
            return None
        progress = dict(plan["progress"])
        rung = {**progress.pop("rung")}
        rung["scales"] = tuple(rung["scales"])
        logger.info("%s: goes on from the parts that a run before this left", self.slide.path)
        return Plan(Progress(Rung(**rung), **progress), plan["low"], plan["high"])

    def cells(
        self, job: Job, clock: Clock, progress: Progress, height: int, kept: Kept, scored: Scored
    ) -> Rows:
        """See `app.run.finish.Hands`; raises PartError, WeightsError, DeviceError, or ClusterError."""
        del clock
        shape = self.ready.shape
        scales = progress.rung.scales[::-1]  # the coarsest first
        workers = self.queue.workers()
        parts = [cut(shape, scale, height, workers) for scale in scales]
        parts[-1] = evened(parts[-1], shape, workers, self.folder.has)
        self.queue.work = partial(self.work, job.tracking)
        self.queue.add([part for each in parts for part in each], [])

        from ..cells.blocks.track import largest_halo  # numba, while workers begin

        rows = [list(pieces(each, shape, job.tracking, largest_halo(job.tracking))) for each in parts]
        self.queue.add([], [piece for each in rows for row in each for piece in row])
        yield from merge_scales(
            [
                (scale, scaled(shape, scale), partial(self.joined, each, job.tracking))
                for scale, each in zip(scales, rows, strict=True)
            ],
            shape,
            job.tracking.probability_threshold,
            job.merging,
            self.ready.partial.path.parent,
            scored,
        )
        if kept.wanted:
            for _ in kept.collect(self.bands(parts[-1], shape)):
                pass

    def work(self, tracking: Tracking, task: Task) -> tuple[Any, ...]:
        """What a worker is to call for a task."""
        given = self.maker, self.slide, self.made, task, self.folder
        return (track_piece, *given, tracking) if isinstance(task, Piece) else (see_part, *given)

    def joined(self, rows: Sequence[Sequence[Piece]], tracking: Tracking, scored: Scored, seen: Seen) -> Rows:
        """The rows of labels of one scale, each when its blocks are there."""
        from ..cells.blocks.join import join

        return join((self.tracked(row, seen) for row in rows), rows[0][0].grid, tracking, scored)

    def tracked(self, row: Sequence[Piece], seen: Seen) -> Iterator[Tracked]:
        """The blocks of one row, one at a time; `seen` gets the row's probability."""
        first, grid = row[0].block, row[0].grid
        probability = np.empty((first.y1 - first.y0, grid[1] if seen else 0), np.uint8)
        for piece in row:
            found = self.found(piece)
            if found.probability is not None and seen:
                probability[:, piece.block.x0 : piece.block.x1] = found.probability
            if found.tracked is not None:
                yield found.tracked
        if seen:
            seen(probability)

    def found(self, piece: Piece) -> Found:
        """What is in a block; one that is damaged on the disk is done once more."""
        self.queue.done(piece)
        try:
            return self.folder.get_cells(piece.scale, piece.block)
        except (OSError, ValueError):
            self.queue.again(piece)
            return self.folder.get_cells(piece.scale, piece.block)

    def bands(self, parts: Sequence[Part], shape: tuple[int, int]) -> Iterator[Band]:
        """What was seen at one scale, as one machine has it; all parts are done."""
        grid = scaled(shape, parts[0].scale)
        source = Stored(
            self.folder, grid, parts, lambda part, number: self.queue.again(one_band(part, number))
        )
        step = math.ceil(parts[0].height * parts[0].scale)
        for y in range(0, grid[0], step):
            rows = source.read(Block(y, 0, min(y + step, grid[0]), grid[1]))
            yield rows[:2], rows[2]

    def words(self, seconds: float) -> str:
        """What tasks there were, the work in them, and what of the slide's `seconds` was spent here."""
        times = self.queue.times.values()
        tracked = [one.seconds for one in times if one.tracked]
        seen = [one.seconds for one in times if not one.tracked]
        return (
            f"{len(seen)} parts, {sum(seen):.1f} s of work, the longest {max(seen):.1f} s; "
            f"{len(tracked)} blocks, {sum(tracked):.1f} s of tracking; "
            f"{seconds - self.queue.waited:.1f} s here"
        )
