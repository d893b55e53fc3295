"""What a worker does. It keeps one network, and takes one task at a time."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Protocol

from .. import __version__
from ..cells.multiscale import in_bytes
from ..errors import WeightsError
from ..network import Clock, Network, Progress, choose_device
from ..network.parts import part_of_bands
from ..read import ImageSource, open_image
from ..run.calibrated import chosen_weights
from ..run.console import OURS
from ..run.folder import Run
from ..run.stacks import unheard
from ..run.tally import Tally
from ..settings import Job, Tracking, Windows
from .blocks import Piece, Stored
from .found import Found
from .store import Folder, Part

logger = logging.getLogger(__name__)
one_at_a_time = Lock()  # a worker of a foreign cluster may have many threads, and one engine uses all cores


class Maker(Protocol):
    """Makes a network where it is sent to; equal makers make equal networks."""

    def __hash__(self) -> int:
        """As of what is equal."""

    def load(self) -> Network:
        """The network, here."""


@dataclass(frozen=True)
class Recipe:
    """A network by the names that a user gave, and what its weights must be."""

    weights: str
    settings: str
    scales: str
    specialist: str
    device: str
    windows: Windows
    exact: bool
    identity: str

    def load(self) -> Network:
        """Raises WeightsError where the same name means other weights here, or none; DeviceError."""
        found = chosen_weights(self.weights, self.settings, self.scales, self.specialist)
        if found.identity != self.identity:
            here = socket.gethostname()
            raise WeightsError(f"{self.weights}: the worker on {here} has others; give all of them the same")
        return Network.load(found, choose_device(self.device), self.windows, exact=self.exact)


@lru_cache(maxsize=1)
def network_of(maker: Maker) -> Network:
    """Loaded by the first task, and kept for the next."""
    return maker.load()


def version() -> str:
    """Of this package, where it runs."""
    return __version__


@dataclass
class Heard:
    """What a task gives back beside its result."""

    lines: list[tuple[int, str]] = field(default_factory=list)  # level and message of what it logged
    seconds: float = 0.0
    worker: str = field(default_factory=lambda: f"{socket.gethostname()}, process {os.getpid()}")
    kept: bool = False  # whether all of it was done before


@contextmanager
def heard() -> Iterator[Heard]:
    """Alone in this process; what is logged inside goes to whoever asked for the task."""
    told = Heard()

    class Listener(logging.Handler):
        """Keeps lines, of this one task."""

        def emit(self, record: logging.LogRecord) -> None:
            told.lines.append((record.levelno, record.getMessage()))

    with one_at_a_time:
        before, began = (OURS.handlers[:], OURS.propagate, OURS.level), time.monotonic()
        OURS.handlers[:], OURS.propagate = [Listener()], False
        OURS.setLevel(logging.INFO)
        try:
            yield told
        finally:
            OURS.handlers[:], OURS.propagate = before[:2]
            OURS.setLevel(before[2])
            told.seconds = time.monotonic() - began


@dataclass(frozen=True)
class Order:
    """One image of a folder."""

    job: Job
    path: Path
    stem: str
    identity: str  # of the weights, for the record
    wait: bool = False  # for another process that has it in hand


def do_image(maker: Maker, order: Order) -> tuple[Tally, bool, Heard]:
    """One image from file to labels; whether another process had it in hand, and it is still to be done."""
    with heard() as told:
        run = WorkerRun(order.job, {order.path: order.stem}, order.identity, maker.load)
        run.network = network_of(maker)
        run.one(order.path, wait=order.wait)
    return run.tally, bool(run.elsewhere), told


class WorkerRun(Run):
    """A folder run of one image, whose counts are for whoever asked."""

    def one(self, path: Path, *, wait: bool) -> None:
        """From the claim to the last file."""
        self.announce = unheard
        self.memory = memory_of_worker() or self.memory
        with ThreadPoolExecutor(1, "finish") as finisher, self.isolated(path):
            ready = self.prepare(path, wait_for_others=wait)
            if ready is not None:
                self.infer(ready, finisher)
            if self.behind is not None:
                self.behind.result()


def memory_of_worker() -> int | None:
    """Bytes that Dask was told this worker may use; None where it was told nothing."""
    from distributed import get_worker

    with contextlib.suppress(ValueError):  # it is no worker, but who deals out
        limit: int | None = get_worker().memory_manager.memory_limit
        return limit
    return None


@dataclass(frozen=True)
class Slide:
    """An image that many workers read."""

    path: Path
    channels: tuple[int, int, int] | None
    page: int | None

    def open(self) -> ImageSource:
        """Raises ReadError."""
        return open_image(self.path, channels=self.channels, page=self.page)


@dataclass(frozen=True)
class Plan:
    """What all parts of a slide share, found out once."""

    progress: Progress
    low: float  # intensities that become 0 and 255
    high: float


def plan_slide(maker: Maker, slide: Slide, budget: float | None, scales: tuple[float, ...]) -> Plan:
    """The plan that fits the budget, as if this worker did it all, and the normalisation."""
    with heard(), slide.open() as source:
        shape = source.info.height, source.info.width
        progress = network_of(maker).plan(source, shape, Clock.start(budget), scales)
        source.rows(0, 1)
        assert source.scale is not None
        return Plan(progress, source.scale.low, source.scale.high)


def see_part(maker: Maker, slide: Slide, plan: Plan, part: Part, folder: Folder) -> Heard:
    """Puts the bands of `part` into `folder`; those that an earlier try left there are not done again."""
    with heard() as told:
        first = next((n for n in part.bands if not folder.holds(part, n)), part.bands.stop)
        missing = range(first, part.bands.stop)
        told.kept = not missing
        if missing:
            see(maker, slide, plan, replace(part, bands=missing), folder)
    return told


def see(maker: Maker, slide: Slide, plan: Plan, part: Part, folder: Folder) -> None:
    """Does the bands of `part`, whatever is there."""
    from ..read.normalise import Scale

    with slide.open() as source:
        source.scale = Scale(plan.low, plan.high)
        shape = source.info.height, source.info.width
        bands = part_of_bands(
            network_of(maker),
            source,
            shape,
            plan.progress,
            part.scale,
            part.height,
            part.bands,
            part.columns,
        )
        for number, band in zip(part.bands, bands, strict=True):
            folder.put(part, number, band)


def track_piece(
    maker: Maker, slide: Slide, plan: Plan, piece: Piece, folder: Folder, tracking: Tracking
) -> Heard:
    """Puts the cells of a block into `folder`, from the bands that lie there; a damaged one is done again."""
    from ..cells.blocks.track import track_block
    from ..cells.choice import form_for

    def mend(part: Part, number: int) -> None:
        one = replace(part, bands=range(number, number + 1))
        logger.warning("%s: %s is damaged on the disk and done again", slide.path, folder.band(one, number))
        see(maker, slide, plan, one, folder)

    with heard() as told:
        told.kept = folder.holds_cells(piece.scale, piece.block)
        if not told.kept:
            source = Stored(folder, piece.grid, piece.parts, mend)
            form = form_for(network_of(maker).tracks_on, tracking.block**2)
            tracked = track_block(source, piece.block, tracking, form)
            # coarser scales are drawn with their probability
            drawn = None if piece.scale == 1 else in_bytes(source.read(piece.block)[2])
            folder.put_cells(piece.scale, piece.block, Found(tracked, drawn))
    return told
