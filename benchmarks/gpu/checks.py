"""Start, agreement, tracking: the device's answers beside the CPU's."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from app.cells import compute_masks, track
from app.network import Clock, Network, Precision
from app.network.engines.cpu import CpuEngine
from app.network.engines.cuda import CudaEngine
from app.network.on_device import on_device
from app.read import Pixels
from app.settings import Windows
from benchmarks.flows import f1, field
from benchmarks.gpu.results import Row, at_least, under
from benchmarks.gpu.settings import Bench, synthetic

START_SIDE = 256  # px


def start(bench: Bench) -> Iterator[Row]:
    """Fresh processes, from their launch to a written label; `import torch` tells what no code can spare."""
    with tempfile.TemporaryDirectory() as folder:
        tifffile.imwrite(f"{folder}/image.tif", synthetic(START_SIDE, 0))
        predict = ["-m", "app", "predict", "-i", f"{folder}/image.tif", "-o", f"{folder}/out", "--overwrite"]
        predict += ["--weights", bench.weights, "--device", bench.device.type]
        torch = median_of(bench.sizes.starts, ["-c", "import torch"])
        label = median_of(bench.sizes.starts, predict)
        assert (Path(folder) / "out" / "image_label.tiff").is_file()
    yield Row("start", "import torch", torch, "s")
    yield Row("start", f"a label of {START_SIDE}²", label, "s", under(6, label, counts=bench.on_gpu))


def median_of(rounds: int, arguments: list[str]) -> float:
    """Seconds of a fresh Python process."""
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def agreement(bench: Bench) -> Iterator[Row]:
    """Labels by OpenVINO and numba in float32 on the CPU, beside those of the device in both precisions."""
    by_cpu = Network([CpuEngine(member, "float32") for member in bench.members], Windows())
    precisions: tuple[Precision, ...] = ("fast", "float32")
    by_device = {precision: device_network(bench, precision, Windows()) for precision in precisions}
    scores: dict[Precision, list[float]] = {precision: [] for precision in precisions}
    cells = 0
    for image in bench.images():
        if scores["fast"] and bench.left < 0:
            break
        expected = labels(bench, by_cpu, image, "cpu")
        cells += int(expected.max())
        for precision, network in by_device.items():
            scores[precision].append(f1(expected, labels(bench, network, image, str(bench.device))))
    yield Row("agreement", f"cells on the CPU, {len(scores['fast'])} images", cells)
    for precision, found in scores.items():
        mean = statistics.mean(found)
        yield Row("agreement", f"{precision}: mean F1@0.9 with the CPU's", mean, "", at_least(0.99, mean))
        yield Row("agreement", f"{precision}: the lowest", min(found))


def device_network(bench: Bench, precision: Precision, windows: Windows) -> Network:
    """The pair, with everything on the device."""
    engines = [CudaEngine(member, precision, str(bench.device)) for member in bench.members]
    return Network(engines, windows, where=on_device(str(bench.device)))


def labels(bench: Bench, network: Network, image: NDArray[np.uint8], device: str) -> NDArray[np.int32]:
    """`(H, W)`: all passes, tracked on `device`."""
    shape = image.shape[0], image.shape[1]
    ((_, band),), _ = network.whole(Pixels(image), shape, Clock.start(None))
    return track(*band, bench.sizes.tracking, device)


def tracking(bench: Bench) -> Iterator[Row]:
    """The same flows on both: where the device becomes faster is what app.cells.choice needs to know."""
    for side in bench.sizes.tracked:
        flow, probability = field(side, side * side // 1600)
        expected, by_cpu = timed_masks(flow, probability, "cpu")
        found, by_device = timed_masks(flow, probability, str(bench.device))
        score = f1(expected, found, 0.99)
        yield Row("tracking", f"{side}²: CPU", by_cpu, "s")
        yield Row("tracking", f"{side}²: device", by_device, "s")
        yield Row("tracking", f"{side}²: F1@0.99", score, "", at_least(1, score))


def timed_masks(
    flow: NDArray[np.float32], probability: NDArray[np.float32], device: str
) -> tuple[NDArray[np.int32], float]:
    """Labels, and the seconds of the second call: the first one compiles, or loads what was compiled."""
    compute_masks(flow, probability, device=device)
    began = time.perf_counter()
    labels = compute_masks(flow, probability, device=device)
    return labels, time.perf_counter() - began
