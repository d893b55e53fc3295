"""A slide seen by many workers: bands in their order for `finish_banded`, as if a network here gave them.

Parts are bands in a row, or some columns of them. They are asked for from the coarsest scale to the
finest and from the top to the bottom, so that tracking here follows while
workers go on. Each leaves its bands in a hidden folder beside the result, where
they stay until the slide is done: whoever runs the same command after a crash
finds them. A task carries names and numbers only, never pixels.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import __version__
from ..errors import ClusterError, DeviceError, PartError, WeightsError
from ..network import Band, Clock, Progress
from ..network.ladder import Rung
from ..network.strips import Rows
from ..run.parts import PartTime
from ..run.ready import Ready
from .answers import answer, reason
from .cut import cut, evened, in_words, place
from .store import Folder, Part
from .tasks import Heard, Maker, Plan, Slide, plan_slide, see_part

if TYPE_CHECKING:
    from distributed import Client, Future

logger = logging.getLogger(__name__)

PER_WORKER = 4  # parts that a worker may have waiting; their results lie on the disk, not in memory
RETRIES = 2  # of a part that raised; one whose worker died is Dask's to do again
FIRST = 10  # priority over the images that wait


class Workers:
    """Stands where `finish_banded` expects a network."""

    tracks_on = "cpu"

    def __init__(
        self, client: Client, maker: Maker, ready: Ready, slide: Slide, check: Callable[[int, int], None]
    ) -> None:
        """`check` is called with the parts that are done, and all, while we wait, and may raise."""
        self.client = client
        self.maker = maker
        self.slide = slide
        self.record = {"version": __version__, **asdict(ready.record)}
        self.folder = Folder(ready.partial.path.with_name(f".{ready.stem}.parts").absolute())
        self.tell = check
        self.total = 0  # parts of all scales
        self.made: Plan | None = None
        self.parts: deque[Part] = deque()  # not asked for yet
        self.asked: deque[tuple[Part, Future]] = deque()  # in the order in which they are used up
        self.times: list[PartTime] = []
        self.waited = 0.0  # s in which nothing could be done here

    def plan(self, image: Rows, shape: tuple[int, int], clock: Clock, scales: tuple[float, ...]) -> Progress:
        """That of the run before us where it left one, else as one worker finds it.

        So the budget is one of work: it buys what it would buy if one worker did it all.
        """
        del image, shape
        self.made = self.planned_before()
        if self.made is None:
            future = self.client.submit(
                plan_slide, self.maker, self.slide, clock.budget, scales, pure=False, priority=FIRST
            )
            self.made = made = self.waited_for(future)
            self.folder.begin({**self.record, "plan": {**asdict(made), "progress": asdict(made.progress)}})
        self.made.progress.passes = self.made.progress.rung.passes
        return self.made.progress

    def planned_before(self) -> Plan | None:
        """The plan of the bands that lie there, where they are of the same image by the same means."""
        known = self.folder.plan()
        plan = known.pop("plan", None)
        if not isinstance(plan, dict) or known != self.record:
            return None
        progress = dict(plan["progress"])
        rung = {**progress.pop("rung")}
        rung["scales"] = tuple(rung["scales"])
        logger.info("%s: goes on from the parts that a run before this left", self.slide.path)
        return Plan(Progress(Rung(**rung), **progress), plan["low"], plan["high"])

    def bands(
        self, image: Rows, shape: tuple[int, int], clock: Clock, progress: Progress, scale: float, height: int
    ) -> Iterator[Band]:
        """As `Network.bands`; raises PartError, WeightsError, DeviceError, or ClusterError."""
        del image, clock
        if scale == progress.rung.scales[-1]:
            workers = max(len(self.client.nthreads()), 1)
            *coarse, last = [cut(shape, s, height, workers) for s in reversed(progress.rung.scales)]
            last = evened(last, shape, workers, self.folder.has)
            self.parts = deque(part for parts in [*coarse, last] for part in parts)
            self.total = len(self.parts)
        self.ask()
        while self.asked and self.asked[0][0].scale == scale:
            beside = [one for one in self.asked if together(one[0], self.asked[0][0])]
            parts = [part for part, _ in beside]
            for part, future in beside:
                self.seen(part, future, shape)
            for number in parts[0].bands:
                self.ask()
                columns = [self.band(part, number, shape) for part in parts]
                yield columns[0] if len(columns) == 1 else joined(columns)
            for _ in parts:
                self.asked.popleft()
            self.ask()

    def ask(self) -> None:
        """Keeps workers busy: no more than PER_WORKER parts each are waiting or being done.

        Columns of the same bands are asked for together.
        """
        limit = PER_WORKER * max(len(self.client.nthreads()), 1)
        busy = sum(not future.done() for _, future in self.asked)
        while self.parts and (busy < limit or together(self.parts[0], self.asked[-1][0])):
            part = self.parts.popleft()
            self.asked.append((part, self.submit(part)))
            busy += 1

    def submit(self, part: Part) -> Future:
        return self.client.submit(
            see_part, self.maker, self.slide, self.made, part, self.folder,
            pure=False, retries=RETRIES, priority=FIRST,
        )  # fmt: skip

    def seen(self, part: Part, future: Future, shape: tuple[int, int]) -> None:
        """Waits for a part."""
        try:
            told: Heard = self.waited_for(future)
        except (WeightsError, DeviceError, ClusterError):
            raise
        except Exception as error:
            raise PartError(
                f"{self.slide.path}: {in_words(part, shape)} failed on every try: {reason(error)}; "
                "mend that and run again, the other parts are kept"
            ) from error
        where = place(part, shape)
        self.times.append(PartTime(part.scale, *where, told.seconds, told.worker, told.kept))
        logger.debug("%s: %s %.1f s on %s", self.slide.path, in_words(part, shape), told.seconds, told.worker)

    def waited_for(self, future: Future) -> Any:
        """A task's result; the time until it is there is not ours."""
        began = time.monotonic()
        try:
            return answer(self.client, future, self.check)
        finally:
            self.waited += time.monotonic() - began

    def check(self) -> None:
        """Shows how far the parts are; raises Stopped where a signal came."""
        waiting = sum(not future.done() for _, future in self.asked)
        self.tell(self.total - len(self.parts) - waiting, self.total)

    def band(self, part: Part, number: int, shape: tuple[int, int]) -> Band:
        """One band from the shared folder; what is damaged there is done once more."""
        try:
            return self.folder.get(part, number)
        except (OSError, ValueError):
            again = replace(part, bands=range(number, number + 1))
            logger.warning(
                "%s: %s is damaged on the disk and done again", self.slide.path, in_words(again, shape)
            )
            self.seen(again, self.submit(again), shape)
            return self.folder.get(part, number)

    def words(self, seconds: float) -> str:
        """What parts there were, the work in them, and what of the slide's `seconds` was spent here."""
        times = [part.seconds for part in self.times]
        return (
            f"{len(times)} parts, {sum(times):.1f} s of work, the longest {max(times):.1f} s; "
            f"{seconds - self.waited:.1f} s here"
        )


def together(part: Part, other: Part) -> bool:
    """Whether two parts are columns of the same bands."""
    return (part.scale, part.bands) == (other.scale, other.bands)


def joined(columns: list[Band]) -> Band:
    """One band of its columns, from left to right."""
    flow, probability = zip(*columns, strict=True)
    return np.concatenate(flow, axis=-1), np.concatenate(probability, axis=-1)
