"""A folder on workers: slides that would keep the others waiting in parts, then an image per task.

this process    deals out, joins slides whose parts workers see and track, tells, counts
worker          opens, claims, predicts, tracks, writes and draws an image; or does a part of a slide
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ClusterError, DeviceError, ImageError, WeightsError
from ..network import Clock, Network, budget_seconds
from ..read import open_image
from ..read.address import address
from ..run.finish import finish_banded
from ..run.folder import Run
from ..run.stop import Stopped
from ..settings import Job
from .answers import POLL, finished, reason, taken
from .connect import connected
from .slide import Workers
from .tasks import Maker, Order, Slide, do_image

if TYPE_CHECKING:
    from distributed import Client, Future

logger = logging.getLogger(__name__)

PER_WORKER = 3  # images that a worker may have waiting, so that a folder of a million is no million tasks


class ClusterRun(Run):
    """A folder run whose work is done elsewhere."""

    def __init__(self, job: Job, stems: dict[Path, str], weights: str, maker: Maker) -> None:
        """As `Run`; `maker` makes the network on each worker."""
        super().__init__(job, stems, weights, nothing_here)
        self.maker = maker
        self.client: Client

    def over(self, images: Sequence[Path]) -> int:
        """As `Run.over`; raises UsageError where there is no cluster."""
        status = 0
        with self.bars.over(len(images)), self.stop.listening(), connected(self.job) as self.client:
            try:
                slides, others = self.sorted_out(images)
                for path in slides:
                    with self.isolated(path):
                        self.slide(path)
                self.deal_out(others, wait=False)
                self.deal_out(self.elsewhere, wait=True)
            except Stopped as stopped:
                status = 128 + stopped.number
                logger.warning("stopped by %s", stopped)
            except ClusterError as error:
                status = 1
                logger.error("%s", error)
        return self.wind_up(status)

    def sorted_out(self, images: Sequence[Path]) -> tuple[list[Path], list[Path]]:
        """Slides to cut into parts, and the rest, both with the largest files first.

        A slide is cut where it is more than a worker's fair share of all bytes:
        as one task it would be the last to end. Otherwise whole slides side by
        side are faster, since nothing of them waits for this process.
        """
        sizes = {path: size(path) for path in images}
        share = sum(sizes.values()) / max(len(self.client.nthreads()), 1)
        ordered = sorted(images, key=lambda path: -sizes[path])
        slides = [path for path in ordered if sizes[path] >= share and self.is_slide(path)]
        return slides, [path for path in ordered if path not in slides]

    def is_slide(self, path: Path) -> bool:
        """Whether one machine would do it in bands, so that its parts have the same bits."""
        try:
            with open_image(path, channels=self.job.channels, page=self.job.page) as source:
                return source.info.height * source.info.width >= self.job.tracking.block_from
        except (ImageError, OSError):
            return False  # the task will say why

    def slide(self, path: Path) -> None:
        """One slide: seen and tracked in parts there, joined and written here."""
        ready = self.prepare(path, wait_for_others=False)
        if ready is None:
            return
        slide = Slide(found_anywhere(path), self.job.channels, self.job.page)
        with closing(ready):
            workers = Workers(self.client, self.maker, ready, slide, self.check_parts)
            clock = Clock.start(budget_seconds(self.job.budget, *ready.shape), already=ready.seconds)
            try:
                finished = finish_banded(self.job, ready, workers, clock)
            finally:
                self.bars.close_windows()
            if finished.row is not None:
                times = tuple(workers.queue.times.values())
                finished = replace(finished, row=replace(finished.row, parts=times))
            self.done(ready, finished)
            logger.info("%s: %s", path, workers.words(finished.seconds))
            workers.folder.remove()

    def check_parts(self, done: int, total: int) -> None:
        """Shows how far a slide is; raises Stopped where a signal came."""
        self.stop.check()
        self.bars.parts_done(done, total)

    def deal_out(self, images: Sequence[Path], *, wait: bool) -> None:
        """An image per task; as many are out as keep the workers busy, and what comes first is told first."""
        pending = deque(images)
        out: dict[Future, Path] = {}
        try:
            while pending or out:
                self.stop.check()
                limit = PER_WORKER * max(len(self.client.nthreads()), 1)
                while pending and len(out) < limit:
                    path = pending.popleft()
                    out[self.submit(path, wait=wait)] = path
                over = [future for future in out if finished(self.client, future)]
                for future in over:
                    path = out.pop(future)
                    self.take(path, future)
                if not over:
                    time.sleep(POLL)
        finally:
            self.client.cancel(list(out))

    def submit(self, path: Path, *, wait: bool) -> Future:
        job = replace(self.job, output=self.job.output.absolute(), quiet=True)
        order = Order(job, found_anywhere(path), self.stems[path], self.weights, wait)
        return self.client.submit(do_image, self.maker, order, pure=False)

    def take(self, path: Path, future: Future) -> None:
        """What a task tells of its image, into our counts."""
        try:
            tally, elsewhere, told = taken(future)
        except (WeightsError, DeviceError):
            raise
        except Exception as error:  # not the image's own, which the task caught: its worker's
            self.failed(path, f"{path}: {reason(error)}; run again to try it once more", error)
            return
        for level, line in told.lines:
            logger.log(level, "%s", line)
        if elsewhere:
            self.elsewhere.append(path)
            return
        if tally.skipped:
            self.tally.skipped.append(path)
        self.tally.failed.update((path, message) for message in tally.failed.values())
        self.tally.written += tally.written
        for one in tally.written:
            self.announce(self.job.output / one.label.name)
        self.bars.image_done()


def found_anywhere(path: Path) -> Path:
    """A path that does not depend on the folder a process was started in."""
    return path if address(path) else path.absolute()


def size(path: Path) -> int:
    """Bytes of a file; 0 where that can't be told, as of an address."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def nothing_here() -> Network:
    """No network is loaded in this process."""
    raise AssertionError("the network is the workers'")
