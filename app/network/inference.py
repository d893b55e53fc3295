"""One image through the network, with as many passes as the time buys.

A rung of the ladder is chosen for the time left. Its scales are run from the
coarsest, which cost little, to the finest; at each, passes are run in order and
add to one mean, so the answer is there after every pass: one that would end too
late is not begun, nor any after it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..settings import Windows
from .clock import MERGING, Clock, Speed
from .closer import apparent_diameter, may_pay, pays
from .engines import Device, Engine, Precision, load, load_engines
from .ladder import Rung, Step, carried_steps, choose, ladder, pass_order, published, steps_of
from .modality import look
from .opinion import surer
from .passes import IN_MEMORY, Mean, Pass, Seen, Where
from .progress import Progress
from .scales import CLOSEST, rescaled, scaled, tracked_pixels, worth_running
from .stains import find_strength, lenient, shown
from .strips import Rows, Strips
from .weights import Calibration, Member, Setting, Specialist, Specialists, Weights
from .windows import Grid, View

Band = tuple[NDArray[np.float32], NDArray[np.float32]]  # flow (2, h, w), probability (h, w)
ScaleBands = list[tuple[float, Band]]  # scale and what was seen at it, finest first

PROBE_FROM = 12  # windows; a plan of fewer is over before a probe would pay
DEFAULTS = Setting()


@dataclass
class Network:
    """The engines of a pair, how windows are laid, and what this machine was seen to need."""

    engines: Sequence[Engine]
    windows: Windows
    speed: Speed = field(default_factory=Speed)
    tracks_on: str = "cpu"  # for `cells.track`: beside engines on CUDA "auto", the GPU where it pays
    where: Where = IN_MEMORY  # windows are cut and summed; on the GPU beside engines on CUDA
    on_batch: Callable[[Progress], None] = lambda _: None  # may raise, to stop between batches
    steps: Sequence[Step] = field(default_factory=carried_steps)  # the ladder that plans are chosen from
    calibration: Calibration | None = None  # of the weights; with modalities the engines have `look`
    specialists: Specialists | None = None  # of the weights; with them the engines have `look`
    owner: str | None = None  # who sees all images: a specialist, or "", the pair; None: looks tell
    load_one: Callable[[Member], Engine] | None = None  # on the device of the pair
    called: dict[str, Engine] = field(default_factory=dict)  # specialists that were needed, by name

    @classmethod
    def load(cls, weights: Weights, device: Device, windows: Windows, *, exact: bool) -> Network:
        """The pair on `device`; returns at once, while a thread loads it.

        `exact` is the published arithmetic, float32, for who sets no limit; a clock gets the fast form.
        """
        chosen = weights.calibration
        precision: Precision = "float32" if exact else "fast"
        engines = load_engines(weights, device, precision, watch=asks_for_looks(chosen, weights.specialists))
        network = cls(
            engines,
            windows,
            steps=steps_of(weights),
            calibration=chosen,
            specialists=weights.specialists,
            load_one=partial(load, device=device, precision=precision),
        )
        if device.kind == "cpu":
            return network
        from .on_device import on_device

        return replace(network, tracks_on="auto", where=on_device(device.kind))

    def setting(self, progress: Progress, wanted: Setting = DEFAULTS) -> Setting:
        """What follows the network for the image of `progress`; `wanted` where the weights leave it open."""
        if self.calibration is None:
            found = wanted
        elif progress.specialist:  # the settings were chosen by what the pair sees
            found = Setting(progress.specialist)
        else:
            found = self.calibration.setting_for(progress.embedding)
        return replace(found, tracking=lenient(found.tracking, progress.haematoxylin))

    def engines_of(self, specialist: str) -> Sequence[Engine]:
        """Those that see an image: a specialist, loaded when the first image is its own, or the pair."""
        if not specialist:
            return self.engines
        if specialist not in self.called:
            found = self.specialists and self.specialists.named(specialist)
            assert found, "a plan of other weights"
            assert self.load_one
            self.called[specialist] = self.load_one(found.member)
        return [self.called[specialist]]

    def scales(self, asked: tuple[float, ...]) -> tuple[float, ...]:
        """Those to run: what was chosen for the weights where it names some, else those `asked` for."""
        return (self.calibration.common.scales if self.calibration else ()) or asked

    def plan(
        self, image: Rows, shape: tuple[int, int], clock: Clock, scales: tuple[float, ...] = (1.0,)
    ) -> Progress:
        """The best rung that fits the clock, by the speed seen so far and a look at the image.

        `scales` are those that may be run, finest first; those that can find nothing in `shape` are not.
        """
        as_published = clock.budget is None and scales == (1,)
        strength = 0.0 if as_published else find_strength(image, shape)
        closer, scales = may_pay(scales, shape), worth_running(scales, shape)
        embedding, specialist = self.recognise(image, shape, strength > 0)
        models = len(self.engines_of(specialist))
        known = partial(
            Progress, embedding=embedding, specialist=specialist, haematoxylin=strength, closer=closer
        )
        if clock.budget is None:
            rung = published(models, self.windows, scales)
            return known(rung, rung.count(shape, self.windows))
        rungs = ladder(self.steps, models, self.windows, scales)
        most = rungs[0].count(shape, self.windows)
        signal = 1.0
        if most >= PROBE_FROM:
            if self.speed.window is None:
                self.probe(image, shape, self.engines_of(specialist)[0])
            signal = Strips(image).signal(Grid(shape, View.IDENTITY, self.windows))
        each = (self.speed.window or 0.0) * signal
        left = clock.left - self.speed.rest(tracked_pixels(shape, rungs[0].scales), signal)
        left -= merging_seconds(shape, rungs[0])
        rung = choose(rungs, left, lambda rung: each * rung.count(shape, self.windows))
        return known(rung, rung.count(shape, self.windows), signal)

    def recognise(
        self, image: Rows, shape: tuple[int, int], in_dab: bool = False
    ) -> tuple[tuple[float, ...] | None, str]:
        """What the first model sees in the window that shows most, and who is to see the image: whose look it
        is, or who is clearly surer of it; "" for the pair.

        None where the weights don't ask, or nothing is to be seen. The image is as it is read, in DAB, too.
        """
        if self.owner is not None or not asks_for_looks(self.calibration, self.specialists):
            return None, self.owner or ""
        embedding, owner = self.by_look(image, shape, in_dab)
        rest = self.specialists and owner and self.specialists.asked_too(owner, embedding)
        if owner and rest:
            own, other = self.engines_of(owner.name)[0], lambda: self.engines_of(rest.name)[0]
            owner = rest if surer(own, other, image, shape, self.windows) else owner
        return embedding, owner.name if owner else ""

    def by_look(
        self, image: Rows, shape: tuple[int, int], in_dab: bool
    ) -> tuple[tuple[float, ...] | None, Specialist | None]:
        """The embedding of an image, and who has learned such looks; None for the pair."""
        embedding = self.embedding_at(image, shape, 1)
        again = partial(self.embedding_at, image, shape)
        told = self.specialists
        return embedding, told.choose(embedding, in_dab=in_dab, again=again) if told else None

    def embedding_at(self, image: Rows, shape: tuple[int, int], scale: float) -> tuple[float, ...] | None:
        """What the first model sees at a scale; None for nothing, and where the scale is not worth it."""
        if scale not in worth_running((scale, 1.0), shape):
            return None
        grid = Grid(scaled(shape, scale), View.IDENTITY, self.windows)
        return look(self.engines[0], rescaled(image, shape, scale), grid)  # type: ignore[arg-type]

    def for_all_like(self, image: Rows, shape: tuple[int, int]) -> Network:
        """This network for images that looks must not tell apart, as planes of a stack; `image` is one."""
        _, owner = self.recognise(image, shape, find_strength(image, shape) > 0)
        return replace(self, owner=owner)

    def probe(self, image: Rows, shape: tuple[int, int], engine: Engine) -> None:
        """Times one window in the middle of the image; the first of two pays for the engine's warm-up."""
        size = self.windows.size
        corner = (max((shape[0] - size) // 2, 0), max((shape[1] - size) // 2, 0))
        middle = np.zeros((1, 3, size, size), np.float32)
        rows = image.rows(corner[0], min(corner[0] + size, shape[0]))[:, corner[1] : corner[1] + size]
        middle[0, :, : rows.shape[0], : rows.shape[1]] = rows.transpose(2, 0, 1) / np.float32(255)
        for _ in range(2):
            began = time.monotonic()
            engine(middle)
        self.speed.window = time.monotonic() - began

    def whole(
        self, image: Rows, shape: tuple[int, int], clock: Clock, scales: tuple[float, ...] = (1.0,)
    ) -> tuple[ScaleBands, Progress]:
        """Per scale of the plan, finest first, flow and probability of the whole image; what became of it."""
        progress = self.plan(image, shape, clock, scales)
        return self.planned(image, shape, clock, progress), progress

    def planned(self, image: Rows, shape: tuple[int, int], clock: Clock, progress: Progress) -> ScaleBands:
        """What the plan of `progress` gives for the whole image."""
        found = []
        for scale in self.each_scale(shape, clock, progress):
            (band,) = self.bands(image, shape, clock, progress, scale, shape[0])
            found.append((scale, band))
        return found[::-1]

    def each_scale(self, shape: tuple[int, int], clock: Clock, progress: Progress) -> Iterator[float]:
        """Those of the plan, coarsest first, to be run one after the other; then a closer look, if it pays.

        It becomes part of the plan when there is time for one pass at least.
        """
        yield from reversed(progress.rung.scales)
        if not pays(progress.diameter):
            return
        rung = replace(progress.rung, scales=(CLOSEST, *progress.rung.scales))
        windows = rung.count_at(CLOSEST, shape, self.windows)
        rest = self.speed.rest(tracked_pixels(shape, rung.scales), progress.signal)
        each_pass = windows / rung.passes_at(CLOSEST) * (self.speed.window or 0.0)
        if each_pass <= clock.left - rest - merging_seconds(shape, rung):
            progress.rung, progress.windows, progress.closer = rung, progress.windows + windows, False
            yield CLOSEST

    def bands(
        self,
        image: Rows,
        shape: tuple[int, int],
        clock: Clock,
        progress: Progress,
        scale: float,
        height: int,
    ) -> Iterator[Band]:
        """Flow and probability at one scale, on its own grid, in consecutive bands of `height` image rows.

        Memory grows with the width only. The scales of a plan are asked for from the coarsest to the
        finest; `progress` tells afterwards with how many passes the last one ended.
        """
        seen = scaled(shape, scale)
        mean = self.where.mean(seen[1])
        passes = self.passes(image, shape, progress, scale, mean)
        finer = [s for s in progress.rung.scales if s > scale]
        rung = progress.rung
        later = [
            (rung.passes_at(s), rung.count_at(s, shape, self.windows) // rung.passes_at(s)) for s in finer
        ]
        step = math.ceil(height * scale)
        for top in range(0, seen[0], step):
            bottom = min(top + step, seen[0])
            taken: list[Pass] = []
            pixels = (seen[0] - top) * seen[1] + tracked_pixels(shape, finer)
            rest = self.speed.rest(pixels, progress.signal) + merging_seconds(shape, rung)
            for one in passes:
                count = len(taken) + 1  # as many are kept time for at each scale after this
                to_go = sum(p.windows_left for p in [*taken, one])
                to_go += sum(min(count, most) * windows for most, windows in later)
                if taken and to_go * progress.signal * (self.speed.window or 0.0) > clock.left - rest:
                    break  # this pass would be late, and so would all after it, here and further down
                one.go_to(bottom)
                taken.append(one)
            passes = taken
            progress.passes = len(taken)
            rows = mean.release(bottom)
            rows[2] = sigmoid(rows[2])
            if progress.closer and scale == rung.scales[0] and bottom - top == seen[0]:
                progress.diameter = apparent_diameter(rows[:2], rows[2], scale)
            began = time.monotonic()
            yield rows[:2], rows[2]
            if bottom < seen[0]:  # the caller has tracked and written what it could
                self.speed.saw_tracking(rows[0].size * progress.signal, time.monotonic() - began)

    def passes(
        self, image: Rows, shape: tuple[int, int], progress: Progress, scale: float, mean: Mean
    ) -> list[Pass]:
        """All passes of the plan at one scale, in their order, over one image and into one mean."""
        rung, engines = progress.rung, self.engines_of(progress.specialist)
        strips = self.where.strips(rescaled(shown(image, shape[0], progress.haematoxylin), shape, scale))
        seen = scaled(shape, scale)
        grids = {view: self.where.grid(seen, view, rung.windows(self.windows)) for view in View}
        return [
            self.where.one(engines[model], strips, grids[view], mean, partial(self.note, progress))
            for view, model in pass_order(len(engines))[: rung.passes_at(scale)]
        ]

    def note(self, progress: Progress, batch: Seen) -> None:
        """Learns from a batch and tells the caller, who may stop here."""
        if batch.run:
            self.speed.saw_windows(batch.run, batch.seconds)
        progress.done += batch.windows
        self.on_batch(progress)


def asks_for_looks(calibration: Calibration | None, specialists: Specialists | None) -> bool:
    """Whether anything of the weights depends on what an image looks like."""
    return specialists is not None or (calibration is not None and bool(calibration.modalities))


def merging_seconds(shape: tuple[int, int], rung: Rung) -> float:
    """What merging the cells of a plan's scales takes at the end."""
    return MERGING * shape[0] * shape[1] / 1e6 if len(rung.scales) > 1 else 0.0


def sigmoid(logit: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logits to probabilities; exponents stay negative, so nothing overflows."""
    small = np.exp(-np.abs(logit))
    return np.where(logit >= 0, 1 / (1 + small), small / (1 + small)).astype(np.float32, copy=False)
