"""Images with labels as the network sees them, at all scales, held in memory in half precision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from app.network import Band, modality
from app.network.engines import Engine
from app.network.inference import sigmoid
from app.network.passes import single_pass
from app.network.scales import AUTO, rescaled, scaled, worth_running
from app.network.windows import Grid, View
from app.read import Pixels
from training.data import Pair, load_image, load_labels
from training.passes import WINDOWS


@dataclass(frozen=True)
class Seen:
    """One image after the network."""

    set: str
    true: NDArray[np.int32]  # (H, W)
    outputs: tuple[tuple[float, NDArray[np.float16]], ...]  # scale, (3, h, w) flow y, x, probability
    embedding: tuple[float, ...] | None  # (C,) of length 1; None where nothing is to be seen

    @property
    def shape(self) -> tuple[int, int]:
        """Of the image."""
        return self.true.shape[0], self.true.shape[1]

    def bands(self, scales: tuple[float, ...]) -> Iterator[tuple[float, Band]]:
        """Scale with flow `(2, h, w)` and probability `(h, w)`, of those of `scales` that were run."""
        for scale, output in self.outputs:
            if scale in scales:
                yield scale, (output[:2].astype(np.float32), output[2].astype(np.float32))


def look(engines: Sequence[Engine], pairs: Sequence[Pair]) -> list[Seen]:
    """All models without flips; the engines were loaded with `watch`."""
    return [see(engines, pair) for pair in tqdm(pairs, "network", disable=None)]


def see(engines: Sequence[Engine], pair: Pair) -> Seen:
    """One image through every model at every scale that is worth it."""
    image, true = load_image(pair.image)[0], load_labels(pair.label)
    shape = true.shape[0], true.shape[1]
    first: Any = engines[0]
    embedding = modality.look(first, Pixels(image), Grid(shape, View.IDENTITY, WINDOWS))
    outputs = []
    for scale in worth_running(AUTO, shape):
        rows, grid = rescaled(Pixels(image), shape, scale), scaled(shape, scale)
        passes = [single_pass(engine, rows, grid, View.IDENTITY, WINDOWS) for engine in engines]
        mean = np.stack(passes).mean(axis=0, dtype=np.float32)
        mean[2] = sigmoid(mean[2])
        outputs.append((scale, mean.astype(np.float16)))
    return Seen(pair.set, true, tuple(outputs), embedding)
