"""Hours, cost, network and storage of large work on 1, 8 and 64 nodes: drawn from measured times.

    python -m benchmarks.scale                                               # the table of docs/scale.md
    python -m benchmarks.scale --measure out/tolerance/mosaic_2000x2000.tif  # the share of tracking, here

Every task takes the measured time of its pixels, times a spread; some are
stragglers, nodes fail at a rate and lose the task in hand, the scheduler deals
out one task after another. A slide's parts run the windows of a halo again, and
one process tracks them in their order, as app/cluster does. Nothing here was
measured but WORK and `tracked`; the rest is assumed, and each has a flag.
"""

from __future__ import annotations

import argparse
import heapq
import math
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.cluster.cut import HALO, cut, evened, place
from app.run.memory import band_height

WORK = 420 / 88.3  # s per megapixel on two cores, all scales, six passes: `python -m benchmarks.slide`
BAND_BYTES = 12 * (
    1 + 1 / 4 + 1 / 16 + 1 / 64
)  # per pixel, before compression: float32 of three planes, four scales


@dataclass(frozen=True)
class World:
    """What is assumed of a cluster."""

    # of a slide: tracking, merging, writing, in one process; `--measure` of the mosaic of 2000 × 2000 px
    tracked: float = 0.056
    dealing: float = 0.001  # s of the scheduler per task
    spread: float = 0.15  # sigma of the logarithm of a task's time
    straggler: float = 0.01  # chance of a task that takes SLOW times as long
    slow: float = 3.0
    failures: float = 0.02  # per node and hour
    repair: float = 120.0  # s until another node is there
    price: float = 0.10  # per node and hour, in whatever money


def drawn(seconds: float, world: World, rng: random.Random) -> float:
    """A task's time."""
    late = world.slow if rng.random() < world.straggler else 1.0
    return seconds * rng.lognormvariate(0, world.spread) * late


def simulate(tasks: Sequence[float], nodes: int, world: World, seed: int = 0) -> list[float]:
    """When each task is done, s; `tasks` are their times, in the order in which they are dealt out."""
    rng = random.Random(seed)
    free = [(0.0, node) for node in range(nodes)]
    done = []
    dealt = 0.0
    for task in tasks:
        ready, node = heapq.heappop(free)
        dealt = began = max(ready, dealt + world.dealing)
        while True:
            seconds = drawn(task, world, rng)
            failing = rng.expovariate(world.failures / 3600) if world.failures else math.inf
            if failing >= seconds:
                break
            began += failing + world.repair  # the part in hand is lost; another node takes it up
        done.append(began + seconds)
        heapq.heappush(free, (began + seconds, node))
    return done


def slide(height: int, width: int, nodes: int, world: World, seed: int = 0) -> float:
    """Seconds until one slide in parts is written; its parts are those of the finest scale."""
    shape = height, width
    parts = evened(cut(shape, 1.0, band_height(width), nodes), shape, nodes, lambda _: False)
    tasks, tracks = [], []
    for part in parts:
        (top, bottom), (left, right) = place(part, shape)
        seen = (bottom - top + HALO * (top > 0)) * (right - left + HALO * (part.columns is not None))
        tasks.append(WORK * seen / 1e6 * (1 - world.tracked))
        tracks.append(WORK * (bottom - top) * (right - left) / 1e6 * world.tracked)
    now = 0.0
    for ready, track in zip(simulate(tasks, nodes, world, seed), tracks, strict=True):
        now = max(now, ready) + track
    return now


def many(count: int, megapixels: float, nodes: int, world: World, seed: int = 0) -> float:
    """Seconds until `count` images, a task each, are done."""
    return max(simulate([WORK * megapixels] * count, nodes, world, seed))


def rows(world: World, fields: int) -> Iterator[str]:
    """Markdown: a row per job and number of nodes."""
    yield "| job | nodes | hours | node hours | cost | read, GB/h | written beside the labels, GB |"
    yield "|---|---|---|---|---|---|---|"
    pixels = 100_000 * 80_000
    jobs: list[tuple[str, Any, float, float]] = [
        (
            "1 slide of 100,000 × 80,000, in parts",
            lambda n: slide(100_000, 80_000, n, world),
            pixels,
            BAND_BYTES,
        ),
        ("1,000 such slides, whole", lambda n: many(1000, pixels / 1e6, n, world), 1000 * pixels, 0.0),
        (f"{fields:,} fields of 2 MP", lambda n: many(fields, 2, n, world), fields * 2e6, 0.0),
    ]
    for name, run, size, beside in jobs:
        for nodes in (1, 8, 64):
            hours = run(nodes) / 3600
            read = 3 * size / 1e9 / hours  # RGB, 8 bit, uncompressed, read once
            paid, written = hours * nodes, size * beside / 1e9
            cost = paid * world.price
            yield f"| {name} | {nodes} | {hours:,.1f} | {paid:,.0f} | {cost:,.1f} | {read:.1f} | {written:.0f} |"  # noqa: E501


def measure(image: Path) -> float:
    """The part of a slide's time that is not the network's: tracking, merging and writing, here and now."""
    from app.network import Network, choose_device
    from app.read import digest
    from app.run.calibrated import calibrated, chosen_weights
    from app.run.folder import Run
    from app.settings import Job, Tracking

    weights = chosen_weights("compact", "calibrated", "auto")
    with tempfile.TemporaryDirectory() as folder:
        job = calibrated(Job((image,), Path(folder), budget="3000", quiet=True), weights)
        job = replace(job, tracking=replace(job.tracking, block_from=Tracking.min_size))
        network = Network.load(weights, choose_device("cpu"), job.windows, exact=False)
        inside = 0.0
        given = network.bands

        def timed(*arguments: Any) -> Iterator[Any]:
            nonlocal inside
            bands = given(*arguments)
            while True:
                began = time.perf_counter()
                band = next(bands, None)
                inside += time.perf_counter() - began
                if band is None:
                    return
                yield band

        network.bands = timed  # type: ignore[assignment, method-assign]
        digest(image)
        run = Run(job, {image: "image"}, weights.identity, lambda: network)
        run.network = network
        run.over([image])
        (finished,) = run.tally.written
        print(f"{image.name}: {finished}; network {inside:.1f} s")
    return 1 - inside / finished.seconds


def main() -> None:
    """Prints the tables, or the measured share."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale")
    parser.add_argument("--measure", type=Path, metavar="IMAGE")
    parser.add_argument("--fields", type=int, default=1_000_000)
    for name, value in World().__dict__.items():
        parser.add_argument(f"--{name}", type=float, default=value)
    options = parser.parse_args()
    if options.measure:
        print(f"tracked share: {measure(options.measure):.3f}")
        return
    world = World(**{name: getattr(options, name) for name in World().__dict__})
    print("\n".join(rows(world, options.fields)))


if __name__ == "__main__":
    main()
