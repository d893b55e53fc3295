"""Which device predicts, and the plain truth about why."""

from __future__ import annotations

import ctypes
import importlib.util
from dataclasses import dataclass
from typing import Literal

from ...errors import DeviceError
from ...system.machine import cpu_limit, cpu_name

# fast: half precision on CUDA, bfloat16 on CPUs that compute in it, else float32;
# float32: the published computation to about 1e-5, two to three times slower where the other is faster
Precision = Literal["fast", "float32"]


@dataclass(frozen=True)
class Device:
    """Where the networks run."""

    kind: Literal["cpu", "cuda"]
    name: str  # the maker's
    reason: str  # one line for the log


def choose_device(wanted: str) -> Device:
    """`cuda` or an error; `cpu`; or `auto`: CUDA where it works, else the CPU, saying why."""
    if wanted == "cpu":
        return cpu("asked for")
    obstacle = why_no_cuda()
    if obstacle is None:
        import torch

        name = torch.cuda.get_device_name(0)
        return Device("cuda", name, f"device: {name} (CUDA), {'asked for' if wanted == 'cuda' else 'found'}")
    if wanted == "cuda":
        raise DeviceError(f"--device cuda: {obstacle}; use --device auto or cpu, or give the container a GPU")
    return cpu(f"no CUDA: {obstacle}")


def cpu(why: str) -> Device:
    """The CPU, with the threads that this process may use."""
    threads = cpu_limit()
    name = cpu_name()
    return Device("cpu", name, f"device: CPU, {name}, {threads} thread{'s' if threads != 1 else ''} ({why})")


def why_no_cuda() -> str | None:
    """What stands in the way of CUDA; None where nothing does.

    The driver is asked first: where it has no GPU, torch need not be imported,
    which would take longer than a small image does.
    """
    if cuda_devices() == 0:
        return "the NVIDIA driver shows no GPU"
    if importlib.util.find_spec("torch") is None:
        return "there is a GPU, but torch is not installed (requirements-gpu.txt)"
    import torch

    if not torch.cuda.is_available():
        return f"there is a GPU, but torch {torch.__version__} can't use it"
    return None


def cuda_devices() -> int:
    """GPUs that the NVIDIA driver gives this process; 0 where there is no driver."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return 0
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 0
    return count.value
