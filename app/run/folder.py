"""A folder of images, from the first to the summary: one failure costs one image.

reader thread      open, see whether it is done       one image ahead
main thread        network                            the clock runs here
finisher thread    track, write, draw                 one image behind
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path

from ..errors import DeviceError, ImageError, WeightsError, WriteError
from ..network import Clock, Network, Progress, budget_seconds, parse_scales
from ..read import ImageSource, digest, open_image
from ..settings import Job
from ..system import machine
from ..system.files import Partial, clear_up
from ..write.labels import SUFFIX, Record, read_record
from .alone import Alone
from .console import Bars
from .finish import Finished, finish_banded, finish_whole
from .memory import plan_memory
from .ready import Ready
from .stop import Stop, Stopped
from .tally import Tally

logger = logging.getLogger(__name__)

START_RESERVE = 1.5  # s of the first image's time that a container takes before our process exists
PATIENCE = 8.0  # s that a stopped run waits for the image that is being written
POLL = 0.2  # s between looks at an image that another process holds


class Run:
    """One run over a list of images."""

    def __init__(self, job: Job, stems: dict[Path, str], weights: str, load: Callable[[], Network]) -> None:
        """`stems` names the results, `weights` is the identity for the record.

        `load` gives the network; it is called when the first image has to be done.
        """
        self.job = job
        self.stems = stems
        self.weights = weights
        self.load = load
        self.network: Network | None = None
        self.tally = Tally()
        self.began = time.monotonic()
        self.start_up = machine.process_age()  # s
        self.memory = machine.memory_limit()  # bytes that an image may take
        self.stop = Stop()
        self.bars = Bars(wanted=not job.quiet)
        self.elsewhere: list[Path] = []  # in another process's hands when we came to them
        self.behind: Future[None] | None = None  # the image that is being finished
        self.announce: Callable[[Path], None] = announce
        self.drop_behind: Callable[[], None] = lambda: None  # gives its claim and its temporary file up

    def over(self, images: Sequence[Path]) -> int:
        """Does all images, says what became of them, and returns the exit status.

        Raises WeightsError or DeviceError where the network can't be loaded.
        """
        status = 0
        with (
            self.bars.over(len(images)),
            self.stop.listening(),
            ThreadPoolExecutor(1, "finish") as finisher,
        ):
            try:
                for one_round in (images, self.elsewhere):
                    with closing(self.opened(one_round)) as opened:
                        for ready in opened:
                            with self.isolated(ready.path):
                                self.infer(ready, finisher)
                if self.behind is not None:
                    self.behind.result()
            except Stopped as stopped:
                status = 128 + stopped.number
                logger.warning("stopped by %s", stopped)
                if self.behind is not None and wait([self.behind], PATIENCE).not_done:
                    logger.warning("the image that was being written is dropped")
                    self.drop_behind()  # a lock of ours is one that `clear_up` respects
                    clear_up(self.job.output)
                    self.summary()
                    os._exit(status)  # its thread would keep the process alive
        return self.wind_up(status)

    def wind_up(self, status: int) -> int:
        """What follows the last image: files about the whole folder, last words; the exit status."""
        clear_up(self.job.output)
        complete = all([self.gather(), self.report()])
        self.summary()
        return status or (1 if self.tally.failed or not complete else 0)

    def opened(self, images: Sequence[Path]) -> Generator[Ready]:
        """Those of `images` that are to be done, opened one ahead of the caller."""
        pending = deque(images)
        ahead: deque[tuple[Path, Future[Ready | None]]] = deque()
        # in the second round there is nothing left to do but to wait for the others
        prepare = partial(self.prepare, wait_for_others=images is self.elsewhere)
        with ThreadPoolExecutor(1, "read") as reader:
            try:
                while pending or ahead:
                    while pending and len(ahead) < 2:
                        path = pending.popleft()
                        ahead.append((path, reader.submit(prepare, path)))
                    path, future = ahead.popleft()
                    ready = None
                    with self.isolated(path):
                        ready = future.result()
                    self.stop.check()
                    if ready is not None:
                        yield ready
            finally:
                for _, future in ahead:
                    if not future.cancel() and not future.exception() and (left := future.result()):
                        left.close()

    def prepare(self, path: Path, *, wait_for_others: bool) -> Ready | None:
        """Claims and opens one image; None where it is done, or in other hands for now."""
        label = self.job.output / (self.stems[path] + SUFFIX)
        claim = Partial.take(label)
        while claim is None and wait_for_others and not self.stop.number:
            time.sleep(POLL)
            claim = Partial.take(label)
        if claim is None:
            self.elsewhere.append(path)
            return None
        began = time.monotonic()  # the wait for others is not on the clock of the image
        with ExitStack() as not_ready:
            not_ready.callback(claim.drop)
            source = not_ready.enter_context(self.open(path))
            record = self.record(path)
            if not self.job.overwrite and label.exists() and read_record(label) == record:
                self.tally.skipped.append(path)
                self.bars.image_done()
                logger.info("%s: done before, skipped", path)
                return None
            not_ready.pop_all()
        for note in source.info.notes:
            logger.warning("%s: %s", path, note)
        return Ready(path, self.stems[path], source, claim, record, time.monotonic() - began)

    def open(self, path: Path) -> ImageSource:
        """The image at `path`; raises ReadError."""
        return open_image(path, channels=self.job.channels, page=self.job.page)

    def record(self, path: Path) -> Record:
        """What the labels of the image at `path` come from."""
        return Record(digest(path), self.weights, self.job.recorded)

    def infer(self, ready: Ready, finisher: ThreadPoolExecutor) -> None:
        """The network's part of one image; the rest follows in the finisher thread."""
        already = ready.seconds
        try:
            if self.network is None:
                began = time.monotonic()
                self.network = self.load()
                self.network.on_batch = self.after_batch
                # the first image pays for the start, but not for those before it that were done or failed
                already += START_RESERVE + self.start_up + time.monotonic() - began
            clock = Clock.start(budget_seconds(self.job.budget, *ready.shape), already=already)
            need = plan_memory(self.job, ready.source.info, self.memory)
            if need.banded:
                self.finished_behind()
                self.done(ready, finish_banded(self.job, ready, Alone(self.network, ready), clock))
                ready.close()
                return
            scales = parse_scales(self.job.scales)
            bands, progress = self.network.whole(ready.source, ready.shape, clock, scales)
            self.finished_behind()
        except BaseException:
            ready.close()
            raise
        work = partial(finish_whole, self.job, ready, self.network, bands, progress, clock.stopped())
        self.drop_behind = ready.partial.drop
        self.behind = finisher.submit(self.finish, ready, work)

    def finish(self, ready: Ready, work: Callable[[], Finished]) -> None:
        """Runs in the finisher thread; a failure there, too, costs this image only."""
        with self.isolated(ready.path), closing(ready):
            self.done(ready, work())

    def finished_behind(self) -> None:
        """Waits for the image before this one, so that at most one is in the finisher's hands."""
        while self.behind is not None and wait([self.behind], POLL).not_done:
            self.stop.check()

    def after_batch(self, progress: Progress) -> None:
        """Between batches nothing is half done: the place to stop, and to show how far we are."""
        self.stop.check()
        self.bars.batch_done(progress)

    def done(self, ready: Ready, finished: Finished) -> None:
        """One image is safe."""
        self.tally.written.append(finished)
        self.bars.image_done()
        self.announce(finished.label)
        logger.info("%s: %s", ready.path, finished)
        if finished.warning:
            logger.warning("%s: %s", ready.path, finished.warning)
        if finished.late:
            logger.warning(
                "%s: took %.1f s, %.1f s over its time", ready.path, finished.seconds, finished.over
            )

    @contextmanager
    def isolated(self, path: Path) -> Iterator[None]:
        """Whatever fails inside costs `path` and nothing else, save what would fail for every image."""
        try:
            yield
        except ImageError as error:
            self.failed(path, str(error), error)
        except (WeightsError, DeviceError):
            raise
        except OSError as error:
            reason = error.strerror or str(error)
            self.failed(path, f"{path}: {reason}; make room, check the disk and run again", error)
        except MemoryError as error:
            self.failed(path, f"{path}: out of memory; allow more, or cut the image", error)
        except Exception as error:
            kind = type(error).__name__
            self.failed(
                path, f"{path}: unexpected {kind}: {error}; run again with --debug and report it", error
            )

    def failed(self, path: Path, message: str, error: BaseException) -> None:
        """Notes a failure in one line, with its traceback where `--debug` asks for it."""
        self.tally.failed[path] = message
        self.bars.image_done()
        logger.error("%s", message, exc_info=error if logger.isEnabledFor(logging.DEBUG) else None)

    def gather(self) -> bool:
        """The files about the whole folder that `--save` asked for; whether they could be written."""
        from ..write import GATHERERS

        try:
            for name in self.job.save:
                if name in GATHERERS:
                    GATHERERS[name](self.job.output)
        except (WriteError, OSError) as error:
            logger.error("%s", error)
            return False
        return True

    def report(self) -> bool:
        """The page about the run, where one is wanted; whether it could be written."""
        if self.job.report:
            from .report import write

            try:
                write(self.job, self.weights, self.tally, self.stems, time.monotonic() - self.began)
            except WriteError as error:
                logger.error("%s", error)
                return False
        return True

    def summary(self) -> None:
        """Last words: the counts, and every failure again."""
        written, failed = self.tally.written, self.tally.failed
        cells = sum(one.cells for one in written)
        late = sum(one.late for one in written)
        logger.info(
            "%d written (%d cells), %d done before, %d failed%s",
            len(written),
            cells,
            len(self.tally.skipped),
            len(failed),
            f", {late} late" if late else "",
        )
        if len(failed) > 1:  # a single one was said just now
            for message in failed.values():
                logger.error("failed: %s", message)


def announce(label: Path) -> None:
    """Tells standard output of a written file; that its reader has gone, as `head` does, is no failure."""
    try:
        print(label, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
