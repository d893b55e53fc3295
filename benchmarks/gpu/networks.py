"""Windows, official, slide: how fast the networks are on the device, and what memory they take."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from app.cells import track_bands
from app.network import Clock, Network, Progress
from app.network.engines.cuda import CudaEngine, load_model
from app.network.model import MEDIARFormer
from app.network.weights import Member
from app.network.weights.states import checksum, write_state
from app.read import Pixels
from app.run.memory import band_height
from app.settings import FLOW_SCALE
from benchmarks.gpu import plain
from benchmarks.gpu.checks import device_network
from benchmarks.gpu.results import Aim, Row, at_least, under
from benchmarks.gpu.settings import Bench

MEMORY = 10.0  # GB that the challenge allows


def windows(bench: Bench) -> Iterator[Row]:
    """All passes over one image: by hand, and ours from 8-bit steps to flow and probability."""
    size, side = bench.sizes.window, bench.sizes.square
    image = bench.large(side, side)
    models = [load_model(member).to(bench.device) for member in bench.members]
    network = device_network(bench, "fast", bench.sizes.windows)
    in_memory = Network(network.engines, bench.sizes.windows)
    times: list[list[float]] = []
    with Peak(bench) as peak:
        for _ in range(1 + bench.sizes.rounds):  # the first one warms up
            marks = [time.perf_counter()]
            expected, count = plain.predict(models, image, size, bench.device)
            marks.append(time.perf_counter())
            in_memory.whole(Pixels(image), (side, side), Clock.start(None))
            marks.append(time.perf_counter())
            ((_, (flow, probability)),), progress = network.whole(
                Pixels(image), (side, side), Clock.start(None)
            )
            marks.append(time.perf_counter())
            times.append(np.diff(marks).tolist())
    assert progress.windows == count
    off = max(np.abs(expected[:2] - flow).max() / FLOW_SCALE, np.abs(expected[2] - probability).max())
    by_hand, by_numpy, ours = (count / statistics.median(each) for each in zip(*times[1:], strict=True))
    yield Row("windows", f"by hand: eager, float32, {count} windows", by_hand, "per s")
    yield Row("windows", "ours, but cut and summed by NumPy", by_numpy, "per s")
    yield Row("windows", "ours: from 8-bit steps to the mean", ours, "per s")
    ratio = ours / by_hand
    yield Row("windows", "times faster", ratio, "", at_least(5, ratio, counts=bench.on_gpu))
    yield Row("windows", "largest difference, of 1", float(off))
    yield from peak.rows("windows")
    yield Row("windows", "ours: the network alone", alone(bench, network.engines[0].batch), "per s")


def alone(bench: Bench, batch: int) -> float:
    """Windows per second of a network whose windows are on the device already: no engine can be faster."""
    engine = CudaEngine(bench.members[0], "fast", str(bench.device))
    assert engine.model is not None
    size = bench.sizes.window
    inputs = torch.rand(batch, 3, size, size, device=bench.device, dtype=engine.dtype)
    inputs = inputs.contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        engine.model(inputs).sum().item()  # waits for the device
        began = time.perf_counter()
        for _ in range(bench.sizes.batches):
            engine.model(inputs)
        engine.model(inputs).sum().item()
    return (bench.sizes.batches + 1) * batch / (time.perf_counter() - began)


def official(bench: Bench) -> Iterator[Row]:
    """Two networks of the published shape, with weights of chance: speed and memory, not cells."""
    shape, size = bench.sizes.official, bench.sizes.window
    with tempfile.TemporaryDirectory() as folder, Peak(bench) as peak:
        file = Path(folder) / "chance.safetensors"
        torch.manual_seed(0)
        write_state(file, {key: value.numpy() for key, value in MEDIARFormer(shape).state_dict().items()}, {})
        member = Member(file, shape, checksum(file))
        began = time.perf_counter()
        engines = [CudaEngine(member, "fast", str(bench.device)) for _ in range(2)]
        loaded = time.perf_counter() - began
        inputs = np.random.default_rng(0).random((engines[0].batch, 3, size, size), np.float32)
        finite = all(np.isfinite(engine(inputs)).all() for engine in engines)  # warms up as well
        began = time.perf_counter()
        for _ in range(bench.sizes.batches):
            for engine in engines:
                engine(inputs)
        each = (time.perf_counter() - began) / (bench.sizes.batches * 2 * len(inputs))
    yield Row("official", f"loading {shape.encoder} twice", loaded, "s")
    yield Row("official", f"windows, {engines[0].batch} at once", 1 / each, "per s")
    yield Row("official", "all outputs finite", "yes" if finite else "no", "", Aim("yes", finite))
    yield from peak.rows("official")


class OutOfTimeError(Exception):
    """The kit's own time is over."""


def slide(bench: Bench) -> Iterator[Row]:
    """All passes over a slide, in bands, and its cells; what is not finished in time is told as it stands."""
    shape = bench.sizes.slide
    image = Pixels(bench.large(*shape))

    def look(_: Progress) -> None:
        if bench.left < 0:
            raise OutOfTimeError

    network = device_network(bench, "fast", bench.sizes.windows)
    network.on_batch = look
    clock = Clock.start(None)
    progress = network.plan(image, shape, clock)
    bands = network.bands(image, shape, clock, progress, 1, band_height(shape[1]))
    cells = 0
    with Peak(bench) as peak:
        try:
            for rows in track_bands(bands, shape, bench.sizes.tracking, str(bench.device)):
                cells = max(cells, int(rows.max()))
            over = True
        except OutOfTimeError:
            over = False
    name = f"{shape[0]} × {shape[1]}, {progress.rung.passes} passes"
    yield Row("slide", f"{name}: windows", f"{progress.done} of {progress.windows}", "", Aim("all", over))
    yield Row("slide", f"{name}: cells", cells)
    yield Row("slide", name, clock.spent, "s", under(120, clock.spent, counts=bench.on_gpu and over))
    yield from peak.rows("slide")


class Peak:
    """The most memory of the device that was held inside of it."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.gigabytes = 0.0

    def __enter__(self) -> Peak:
        if self.bench.on_gpu:
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats(self.bench.device)
        return self

    def __exit__(self, *_: object) -> None:
        if self.bench.on_gpu:
            free, total = torch.cuda.mem_get_info(self.bench.device)
            # CUDA's own, which torch doesn't count; on a card that others use, theirs too
            context = total - free - torch.cuda.memory_reserved(self.bench.device)
            self.gigabytes = (torch.cuda.max_memory_reserved(self.bench.device) + context) / 1e9

    def rows(self, check: str) -> Iterator[Row]:
        """One on a GPU, none elsewhere."""
        if self.bench.on_gpu:
            aim = under(MEMORY, self.gigabytes)
            yield Row(check, "memory of the device at its peak", self.gigabytes, "GB", aim)
