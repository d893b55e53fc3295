"""Windows per second of each engine against the plain reference, in one run.

    python -m benchmarks.windows [--weights compact] [--rounds 5] [--device cuda]

The reference is the network as published: smp's modules in torch, eager,
float32, batches of four. The engines take turns within a round, so a busy machine slows all of them,
and the ratio of the medians is what counts.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from app.network.engines import choose_device
from app.network.engines.cpu import CpuEngine
from app.network.engines.cuda import CudaEngine, load_model
from app.network.weights import Member, find_weights
from benchmarks.published import load_published

Run = Callable[[NDArray[np.float32]], NDArray[np.float32]]
BATCH = 4


def main() -> None:
    """Prints a Markdown table."""
    parser = argparse.ArgumentParser(prog="benchmarks.windows", description=__doc__)
    parser.add_argument("--weights", default="compact")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    options = parser.parse_args()
    member = find_weights(options.weights).members[0]
    windows = real_windows(BATCH if options.device == "cpu" else 32)
    engines = on_cuda(member) if options.device == "cuda" else on_cpu(member)
    print(f"{choose_device(options.device).reason}; {member.architecture.name}, {options.rounds} rounds\n")
    outputs = {name: run(windows) for name, run in engines.items()}  # warms up as well
    seconds: dict[str, list[float]] = {name: [] for name in engines}
    for _ in range(options.rounds):
        for name, run in engines.items():
            began = time.perf_counter()
            run(windows)
            seconds[name].append((time.perf_counter() - began) / len(windows))
    report(outputs, seconds)


def real_windows(count: int) -> NDArray[np.float32]:
    """Windows of stained tissue, the image that scikit-image carries, each at another place."""
    from skimage import data

    image = data.immunohistochemistry().astype(np.float32).transpose(2, 0, 1) / 255
    rolled = [np.roll(image, 37 * i, (1, 2))[:, :512, :512] for i in range(count)]
    return np.ascontiguousarray(rolled)


def on_cpu(member: Member) -> dict[str, Run]:
    """The reference first."""
    return {
        "torch float32 (reference)": in_torch(load_published(member), torch.float32, torch.contiguous_format),
        "torch float32, channels-last": in_torch(load_model(member), torch.float32, torch.channels_last),
        "torch bfloat16, channels-last": in_torch(load_model(member), torch.bfloat16, torch.channels_last),
        "engine, float32": CpuEngine(member, "float32"),
        "engine, fast": CpuEngine(member),
    }


def on_cuda(member: Member) -> dict[str, Run]:
    """The reference first."""
    reference = load_published(member).cuda()
    return {
        "torch float32 (reference)": in_torch(reference, torch.float32, torch.contiguous_format),
        "engine, float32": CudaEngine(member, "float32"),
        "engine, fast": CudaEngine(member),
    }


def in_torch(model: torch.nn.Module, dtype: torch.dtype, layout: torch.memory_format) -> Run:
    """Eager torch in batches of four."""
    model = model.to(dtype).to(memory_format=layout)
    device = next(model.parameters()).device

    @torch.inference_mode()
    def run(windows: NDArray[np.float32]) -> NDArray[np.float32]:
        batches = (torch.from_numpy(windows[i : i + BATCH]) for i in range(0, len(windows), BATCH))
        inputs = (batch.to(device, dtype).contiguous(memory_format=layout) for batch in batches)
        return np.concatenate([model(batch).float().cpu().numpy() for batch in inputs])

    return run


def report(outputs: dict[str, NDArray[np.float32]], seconds: dict[str, list[float]]) -> None:
    """One line an engine: time, ratio to the first, difference of its outputs."""
    reference = next(iter(outputs))
    base = statistics.median(seconds[reference])
    print("| engine | s per window | × reference | mean difference | largest |")
    print("|---|---|---|---|---|")
    for name, times in seconds.items():
        middle = statistics.median(times)
        off = np.abs(outputs[name] - outputs[reference])
        print(f"| {name} | {middle:.3f} | {base / middle:.1f} | {off.mean():.1e} | {off.max():.1e} |")


if __name__ == "__main__":
    main()
