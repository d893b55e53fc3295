"""How large the checks are, and where they run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from app.network.architecture import OFFICIAL, Architecture
from app.network.weights import Member, find_weights
from app.read import open_image
from app.settings import Tracking, Windows
from benchmarks.flows import field
from training.data import find_pairs, spread


@dataclass(frozen=True)
class Sizes:
    """What a GPU is given; sides in px."""

    images: int = 12  # of --data, spread over its sets; without it as many synthetic ones
    image: int = 700  # of a synthetic one
    models: int = 2  # of the pair
    starts: int = 3  # fresh processes
    rounds: int = 3  # of what is timed in turns
    window: int = 512  # where only speed counts: agreement has the windows that the CPU's graph has
    square: int = 2048  # of the image whose windows are timed
    official: Architecture = OFFICIAL
    batches: int = 4  # that the official network is timed with
    tracked: tuple[int, ...] = (500, 1000, 2000, 4000)
    slide: tuple[int, int] = (8415, 10496)
    tracking: Tracking = Tracking()  # noqa: RUF009 (frozen)

    @property
    def windows(self) -> Windows:
        """How windows are laid where only speed counts."""
        return Windows(size=self.window)


TINY = Sizes(
    images=1,
    image=200,
    models=1,
    starts=1,
    rounds=1,
    window=64,
    square=100,
    official=Architecture("mit_b1", (32, 16, 16, 8, 8), 16),
    batches=1,
    tracked=(150,),
    slide=(230, 170),
    tracking=Tracking(block=100, block_from=0),
)


@dataclass(frozen=True)
class Bench:
    """Where the checks run, on what, and until when."""

    device: torch.device
    sizes: Sizes
    weights: str
    data: Path | None  # real images, as training reads them
    deadline: float  # monotonic s

    @property
    def on_gpu(self) -> bool:
        return self.device.type == "cuda"

    @property
    def left(self) -> float:
        """Seconds."""
        return self.deadline - time.monotonic()

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """The models of the pair that are run."""
        return find_weights(self.weights).members[: self.sizes.models]

    def images(self) -> Iterator[NDArray[np.uint8]]:
        """`(H, W, 3)` 8-bit steps."""
        if self.data is None:
            for seed in range(self.sizes.images):
                yield synthetic(self.sizes.image, seed)
            return
        for pair in spread(find_pairs(self.data, "val"), self.sizes.images):
            with open_image(pair.image) as source:
                yield source.rows(0, source.info.height)

    def large(self, height: int, width: int) -> NDArray[np.uint8]:
        """`(height, width, 3)`: the first image, again and again."""
        image = next(self.images())
        times = -(-height // image.shape[0]), -(-width // image.shape[1])
        return np.ascontiguousarray(np.tile(image, (*times, 1))[:height, :width])


def synthetic(side: int, seed: int) -> NDArray[np.uint8]:
    """`(side, side, 3)`: noisy bright ellipses on a dark, noisy ground."""
    _, probability = field(side, side * side // 1600, seed)
    gray = (20 + 180 * probability).clip(0, 255).astype(np.uint8)
    return np.repeat(gray[..., None], 3, axis=2)
