"""Stacks: each plane is an image of a folder run, then the planes are joined to one label file.

The labels of single planes wait in a hidden folder beside the result, each with its record like any label
file. So a run that was stopped goes on from the last whole plane, two processes share the planes of one
stack, and the folder goes when the result is there.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ImageError, ReadError, UsageError, WriteError
from ..network import Network, budget_seconds
from ..read import ImageSource, Plane, Stack, digest, open_image, open_stack
from ..settings import Job
from ..system.files import Partial, clear_up, make_folder
from ..write import WRITERS
from ..write.labels import SUFFIX, Record, read_record
from .folder import Run, announce
from .joining import join
from .tally import Tally

if TYPE_CHECKING:
    from .rows import Row

logger = logging.getLogger(__name__)

EXTRAS = {
    "": tuple(WRITERS),
    "z": ("table", "overlay"),
    "t": ("ctc", "overlay"),
}  # what --save may name, by the axis


def check_stack(job: Job) -> None:
    """Raises UsageError for flags that do not go together with `job.stack`, or without it."""
    wrong = [name for name in job.save if name not in EXTRAS[job.stack]]
    if wrong and job.stack:
        fit = ", ".join(EXTRAS[job.stack])
        raise UsageError(
            f"--save {wrong[0]}: is not made with --stack {job.stack}; leave it out, or save {fit}"
        )
    if wrong:
        raise UsageError(f"--save {wrong[0]}: is of tracks; add --stack t")
    if job.stack and job.page is not None:
        raise UsageError("--page: takes one plane where --stack takes all; leave one of them out")


class PlaneRun(Run):
    """The planes of one stack as images of a folder run, whose results are for us alone."""

    def __init__(
        self, stack: Stack, job: Job, folder: Path, weights: str, load: Callable[[], Network]
    ) -> None:
        self.planes = {Path(str(plane)): plane for plane in stack.planes}
        stems = {path: plane_stem(index) for index, path in enumerate(self.planes)}
        single = replace(job, output=folder, save=(), report=False, stack="")
        super().__init__(single, stems, weights, load)
        self.announce = unheard
        self.digest = cache(digest)  # of one file for all its planes

    def open(self, path: Path) -> ImageSource:
        """The plane that is called `path`."""
        plane = self.planes[path]
        return open_image(plane.path, channels=self.job.channels, page=plane.page)

    def record(self, path: Path) -> Record:
        """What the labels of a plane come from; another page is another image."""
        plane = self.planes[path]
        return Record(self.digest(plane.path), self.weights, f"{self.job.recorded}, plane={plane.page}")


class StackRun:
    """One run over a list of stacks: one failure costs one stack."""

    def __init__(self, job: Job, stems: dict[Path, str], weights: str, load: Callable[[], Network]) -> None:
        """As `Run`."""
        self.job = job
        self.stems = stems
        self.weights = weights
        self.load = load
        self.network: Network | None = None
        self.tally = Tally()
        self.rows: list[Row] = []  # of the report
        self.began = time.monotonic()

    def over(self, paths: Sequence[Path]) -> int:
        """Does all stacks, says what became of them, and returns the exit status.

        Raises WeightsError or DeviceError where the network can't be loaded.
        """
        for path in paths:
            try:
                status = self.one(path)
            except ImageError as error:
                self.tally.failed[path] = str(error)
                logger.error("%s", error)
                continue
            if status:
                self.report()
                return status
        complete = self.report()
        failed = self.tally.failed
        logger.info("stacks: %d done, %d failed", len(paths) - len(failed), len(failed))
        return 1 if failed or not complete else 0

    def one(self, path: Path) -> int:
        """Does one stack; 0, or 128 + N where a signal stopped it. Raises ImageError where it fails."""
        began = time.monotonic()
        assert self.job.stack
        stack = open_stack(path, self.job.stack, channels=self.job.channels)
        for note in stack.notes:
            logger.warning("%s: %s", path, note)
        label = self.job.output / (self.stems[path] + SUFFIX)
        record = Record(stack_digest(stack), self.weights, self.job.recorded)
        if not self.job.overwrite and done(label, record):
            logger.info("%s: done before, skipped", path)
            self.tally.skipped.append(path)
            return 0
        folder = label.with_name(f".{self.stems[path]}.planes")
        make_folder(folder, WriteError, "choose another output folder")
        clear_up(folder)
        planes = PlaneRun(stack, self.job, folder, self.weights, lambda: self.for_planes(stack))
        status = planes.over(list(planes.planes))
        if status > 1:
            logger.warning("%s: the planes that are done are kept; run again to go on", path)
            return status
        words, row = "", None
        with planes.isolated(path):
            words, row = self.join(stack, label, folder, record, planes.tally)
        if path in planes.tally.failed:  # said already
            self.tally.failed[path] = planes.tally.failed[path]
            return 0
        seconds, budget = time.monotonic() - began, budget_seconds(self.job.budget, *size(stack))
        limit = " s" if budget is None else f" of {budget * len(stack.planes):.0f} s"
        logger.info("%s: %d planes, %.1f%s", path, len(stack.planes), seconds, limit)
        if row is not None:
            whole = None if budget is None else budget * len(stack.planes)
            row = replace(row, seconds=seconds, tolerance=whole, passes=words, warnings=tuple(stack.notes))
            self.rows.append(row)
        return 0

    def for_planes(self, stack: Stack) -> Network:
        """The network whose models see all planes: those for the look of the middle one.

        A film whose frames went from one model to another would lose its tracks.
        """
        self.network = self.network or self.load()
        middle = stack.planes[len(stack.planes) // 2]
        try:
            with open_image(middle.path, channels=self.job.channels, page=middle.page) as source:
                return self.network.for_all_like(source, size(stack))
        except ImageError:  # it is told of when its turn comes
            return replace(self.network, owner="")

    def join(
        self, stack: Stack, label: Path, folder: Path, record: Record, tally: Tally
    ) -> tuple[str, Row | None]:
        """From the planes' labels to the result; what was found in words, and the report's row.

        In two processes, whoever comes second finds it done.
        """
        claim = Partial.take(label, wait=True)
        assert claim is not None
        words, row = "done by another process", None
        try:
            if not done(label, record) or (self.job.overwrite and tally.written):
                if tally.failed:
                    lost = f"{len(tally.failed)} of its {len(stack.planes)} planes failed"
                    first = next(iter(tally.failed.values()))
                    raise ReadError(f"{stack.path}: {lost}, the others are kept; the first was {first}")
                files = [folder / (plane_stem(index) + SUFFIX) for index in range(len(stack.planes))]
                words = join(self.job, stack, files, claim.temporary, label, record)
                logger.info("%s: %s", stack.path, words)
                if self.job.report or "overlay" in self.job.save:
                    from .filming import film

                    row = film(self.job, stack, claim.temporary, label)
                claim.publish()
                announce(label)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            claim.drop()
        return words, row

    def report(self) -> bool:
        """The page about the run, where one is wanted; whether it could be written."""
        if self.job.report:
            from .report import write_rows

            seconds = time.monotonic() - self.began
            try:
                write_rows(self.job, self.weights, self.tally, self.stems, seconds, self.rows)
            except WriteError as error:
                logger.error("%s", error)
                return False
        return True


def plane_stem(index: int) -> str:
    """The name of a plane's files."""
    return f"{index:05d}"


def unheard(_label: Path) -> None:
    """A plane's labels are no result that standard output should tell of."""


def size(stack: Stack) -> tuple[int, int]:
    """Height and width of each plane."""
    return stack.info.height, stack.info.width


def done(label: Path, record: Record) -> bool:
    """Whether `label` was made from the same input by the same means."""
    return label.exists() and read_record(label) == record


def stack_digest(stack: Stack) -> str:
    """sha256 of a stack's file, or of those of its files in their order."""
    files: list[Plane] = list({plane.path: plane for plane in stack.planes}.values())
    if len(files) == 1:
        return digest(files[0].path)
    return hashlib.sha256("".join(digest(plane.path) for plane in files).encode()).hexdigest()
