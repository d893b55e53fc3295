"""The tasks of one slide: which are out, which come next, and what became of them.

Parts are asked for from the coarsest scale to the finest and from the top to the bottom, and a block as soon
as the parts that it needs are done, before the parts that follow. A task carries names and numbers only.
"""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ClusterError, DeviceError, PartError, WeightsError
from ..run.parts import PartTime
from .answers import check_connection, count_workers, reason, taken, wait_for
from .blocks import Piece
from .cut import in_words, place
from .store import Part

if TYPE_CHECKING:
    from distributed import Client, Future

logger = logging.getLogger(__name__)

PER_WORKER = 4  # tasks that a worker may have waiting; their results lie on the disk, not in memory
RETRIES = 2  # of a task that raised; one whose worker died is Dask's to do again
LATELY = 5.0  # s
FIRST = 10  # priority over the images that wait

Task = Part | Piece


class Queue:
    """Keeps workers busy with a slide's tasks."""

    def __init__(
        self, client: Client, slide: Path, shape: tuple[int, int], tell: Callable[[int, int], None]
    ) -> None:
        """`tell` is called with the tasks that are done, and all, while we wait, and may raise."""
        self.client = client
        self.slide, self.shape = slide, shape
        self.tell = tell
        self.work: Callable[[Task], tuple[Any, ...]]  # a function of tasks.py, and its arguments
        self.parts: deque[Part] = deque()  # not asked for yet
        self.pieces: deque[Piece] = deque()  # likewise
        self.total = 0
        self.out: dict[Task, Future] = {}  # of which nothing was told yet
        self.counted = 1, -math.inf  # workers, and when that was asked, s
        self.times: dict[Task, PartTime] = {}  # of tasks that are done, in the order in which that was seen
        self.waited = 0.0  # s in which nothing could be done here

    def add(self, parts: Iterable[Part], pieces: Iterable[Piece]) -> None:
        """More to do, in the order in which it is needed."""
        self.parts.extend(parts)
        self.pieces.extend(pieces)
        self.total = len(self.parts) + len(self.pieces) + len(self.out) + len(self.times)
        self.fill()

    def fill(self) -> None:
        """Asks for what can be done; no more than PER_WORKER tasks a worker wait or are being done."""
        if not self.parts and not self.pieces:
            return
        busy = sum(not future.done() for future in self.out.values())
        while busy < PER_WORKER * self.workers() and (task := self.next()) is not None:
            self.ask(task)
            busy += 1

    def workers(self) -> int:
        """How many there are, or were LATELY: the scheduler has more to do than to say it at every look."""
        if time.monotonic() - self.counted[1] > LATELY:
            self.counted = count_workers(self.client), time.monotonic()
        return self.counted[0]

    def next(self) -> Task | None:
        """The next task whose own needs are met. Raises as `note` does."""
        if self.pieces and all(self.seen(part) for part in self.pieces[0].parts):
            return self.pieces.popleft()
        return self.parts.popleft() if self.parts else None

    def seen(self, part: Part) -> bool:
        """Whether a part is there."""
        if part not in self.times and part in self.out and self.out[part].done():
            self.note(part)
        return part in self.times

    def ask(self, task: Task) -> None:
        """Sends a task out; raises ClusterError."""
        check_connection(self.client)
        function, *arguments = self.work(task)
        # of a block the client's part follows, and while it is at it workers have the parts
        first = FIRST + isinstance(task, Piece)
        self.out[task] = self.client.submit(function, *arguments, pure=False, retries=RETRIES, priority=first)

    def done(self, task: Task) -> None:
        """Waits for a task; those before it are done, or were asked for.

        Raises PartError, WeightsError, DeviceError or ClusterError.
        """
        if isinstance(task, Piece):
            for part in task.parts:
                self.done(part)
        if task in self.times:
            return
        if task not in self.out:  # the others had the places
            self.ask_out_of_turn(task)
        self.wait(self.out[task])
        self.note(task)

    def ask_out_of_turn(self, task: Task) -> None:
        """Sends out a task that is needed now."""
        waiting: deque[Any] = self.pieces if isinstance(task, Piece) else self.parts
        if task in waiting:
            waiting.remove(task)
        self.ask(task)

    def again(self, task: Task) -> None:
        """Does a task once more, whose result was damaged since."""
        logger.warning("%s: %s is damaged on the disk and done again", self.slide, in_words(task, self.shape))
        self.times.pop(task, None)
        self.ask(task)
        self.done(task)

    def wait(self, future: Future) -> None:
        """Until a task is over, one way or the other; that time is not ours."""
        began = time.monotonic()
        try:
            wait_for(self.client, future, self.check)
        finally:
            self.waited += time.monotonic() - began

    def note(self, task: Task) -> None:
        """What is told of a task that is over."""
        if task in self.times:  # as was seen while we waited
            return
        what = in_words(task, self.shape)
        try:
            told = taken(self.out.pop(task))
        except (WeightsError, DeviceError, ClusterError):
            raise
        except Exception as error:
            raise PartError(
                f"{self.slide}: {what} failed on every try: {reason(error)}; "
                "mend that and run again, the other parts are kept"
            ) from error
        for level, line in told.lines:
            if level >= logging.WARNING:
                logger.log(level, "%s", line)
        where = place(task, self.shape)
        tracked = isinstance(task, Piece)
        self.times[task] = PartTime(task.scale, *where, told.seconds, told.worker, told.kept, tracked)
        logger.debug("%s: %s %.1f s on %s", self.slide, what, told.seconds, told.worker)

    def check(self) -> None:
        """Goes on asking, and shows how far it is; raises Stopped where a signal came."""
        self.fill()
        waiting = sum(not future.done() for future in self.out.values())
        self.tell(self.total - len(self.parts) - len(self.pieces) - waiting, self.total)
