"""The CUDA engine: torch in half precision, channels-last, in batches that fit the memory allowed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch.overrides import TorchFunctionMode

from ...errors import WeightsError
from ..architecture import Architecture
from ..modality import embedding
from ..model import MEDIARFormer
from ..weights import Member
from ..weights.states import read_state
from .cpu import CpuEngine
from .device import Precision

Windows = TypeVar("Windows", NDArray[np.float32], torch.Tensor)
Result = TypeVar("Result", NDArray[np.float32], torch.Tensor)

logger = logging.getLogger(__name__)
MEMORY = 8_000_000_000  # bytes of GPU memory for the batches of all models; with CUDA's own 1 GB under 10 GB
LARGEST_BATCH = 32  # more no longer fills a GPU better, and makes the clock coarse
SIDE = 512  # px, of a window


class CudaEngine:
    """One network on a GPU; see `Engine`.

    Where memory runs out the batch is halved; where one window does not fit,
    the CPU takes over for good. Either is warned of once.
    """

    def __init__(self, member: Member, precision: Precision = "fast", device: str = "cuda") -> None:
        self.name = member.file.stem
        self.batch = largest_batch(member.architecture)
        self.member = member
        self.precision = precision
        self.device = torch.device(device)
        model = load_model(member).to(memory_format=torch.channels_last)
        self.model: torch.nn.Module | None = model.to(self.device, self.dtype)
        self.fallback: CpuEngine | None = None
        self.embedding: NDArray[np.float32] | None = None

    def look(self) -> None:
        """The embedding of the next window is wanted."""
        self.embedding = None
        if self.model is None:
            return

        def take(_encoder: torch.nn.Module, windows: Any, maps: Any) -> None:
            hook.remove()
            first, last = (tensor[0].float().cpu().numpy() for tensor in (windows[0], maps[-1]))
            self.embedding = embedding(first, last)

        hook = self.model.get_submodule("encoder").register_forward_hook(take)

    @property
    def dtype(self) -> torch.dtype:
        """Half on a GPU; a CPU, where only the tests run this, has no fast half."""
        return torch.float16 if self.precision == "fast" and self.device.type == "cuda" else torch.float32

    def __call__(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """`(B, 3, 512, 512)` → the same shape, in batches of at most `batch`."""
        return np.concatenate(self.in_batches(windows, self.forward, lambda engine, rest: engine(rest)))

    def on_device(self, steps: torch.Tensor) -> torch.Tensor:
        """`(B, S, S, 3)` 8-bit steps on the device → `(B, 3, S, S)` float32 there; nothing is waited for."""
        return torch.cat(self.in_batches(steps, self.forward_steps, steps_by_cpu))

    def in_batches(
        self,
        windows: Windows,
        forward: Callable[[Windows], Result],
        by_cpu: Callable[[CpuEngine, Windows], Result],
    ) -> list[Result]:
        """`forward` over batches that fit; `by_cpu` over the rest, once not even one window does."""
        results: list[Result] = []
        start = 0
        while start < len(windows):
            if self.fallback is not None:
                results.append(by_cpu(self.fallback, windows[start:]))
                break
            try:
                results.append(forward(windows[start : start + self.batch]))
            except torch.cuda.OutOfMemoryError:
                if not self.shrink():
                    self.fallback = self.to_cpu()
            else:
                start += self.batch
        return results

    def forward(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """One batch there and back; pinned memory spares the driver a copy."""
        batch = torch.from_numpy(np.ascontiguousarray(windows))
        if self.device.type == "cuda":
            batch = batch.pin_memory()
        batch = batch.to(self.device, non_blocking=True).to(self.dtype, memory_format=torch.channels_last)
        output: NDArray[np.float32] = self.network(batch).contiguous().cpu().numpy()
        return output

    def forward_steps(self, steps: torch.Tensor) -> torch.Tensor:
        """One batch that is there already; permuted, it lies channels-last."""
        return self.network(steps.to(self.dtype).div_(255).permute(0, 3, 1, 2))

    @torch.inference_mode()
    def network(self, batch: torch.Tensor) -> torch.Tensor:
        """`(B, 3, S, S)` in the engine's type → the same shape, float32."""
        assert self.model is not None
        # TF32 rounds to 10 bits, which "float32" doesn't promise
        with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            output: torch.Tensor = self.model(batch).float()
        return output

    def shrink(self) -> bool:
        """Halves the batch; False where it is one window already."""
        torch.cuda.empty_cache()
        if self.batch == 1:
            return False
        self.batch //= 2
        logger.warning("%s: GPU memory ran out; going on with %d windows at once", self.name, self.batch)
        return True

    def to_cpu(self) -> CpuEngine:
        """Gives the GPU's memory back and loads the network for the CPU."""
        logger.warning("%s: not even one window fits the GPU's memory; going on on the CPU", self.name)
        self.model = None
        torch.cuda.empty_cache()
        self.batch = CpuEngine.batch
        return CpuEngine(self.member, self.precision)


class NoStart(TorchFunctionMode):
    """Inside it a network is made without its random start (mit_b5: 2 to 3 s); loading fills all of it.

    A start is made in place, so what is done in place is left undone. Not the
    meta device: importing what that asks for takes as long.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.__name__
        if name.endswith("_") and not name.endswith("__"):
            return None
        return func(*args, **(kwargs or {}))


def steps_by_cpu(engine: CpuEngine, steps: torch.Tensor) -> torch.Tensor:
    """As `CudaEngine.on_device`, by the CPU's engine."""
    windows = steps.permute(0, 3, 1, 2).float().div_(255).contiguous()
    return torch.from_numpy(engine(windows.cpu().numpy())).to(steps.device)


def load_model(member: Member) -> torch.nn.Module:
    """The network with a member's weights, strictly; WeightsError where they are of another."""
    with NoStart():
        model = MEDIARFormer(member.architecture).eval()
    state = {key: torch.from_numpy(value) for key, value in read_state(member.file).items()}
    state = {key: value.float() if value.is_floating_point() else value for key, value in state.items()}
    try:
        model.load_state_dict(state, strict=True, assign=True)
    except RuntimeError as cause:
        line = " ".join(str(cause).split())
        raise WeightsError(
            f"{member.file}: {line[:300]}; give weights of {member.architecture.name}"
        ) from cause
    return model


def largest_batch(architecture: Architecture, memory: int = MEMORY) -> int:
    """Windows whose feature maps fit in half of `memory`; two models take turns, their weights take the rest.

    At full resolution the last decoder block holds its input (the channels of
    the block before), its two convolutions' results and their activations at
    once; convolutions may ask for as much again to work in.
    """
    channels = 2 * (architecture.decoder[-2] + 4 * architecture.decoder[-1])
    window = channels * SIDE * SIDE * 2  # bytes in half precision
    return int(np.clip(memory // 2 // window, 1, LARGEST_BATCH))
