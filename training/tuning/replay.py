"""Synthetic cells of many kinds beside the user's, so that what was known is not forgotten.

No real image is carried, so none can be shown again. What stands in for them
are drawings, and what is asked of the network on them is not the truth but
what the start said: a drawing need not be found well, it must be found as before.
"""

from __future__ import annotations

from collections import deque

import numpy as np
import torch

from training.synthetic import draw

SIDE = 320  # px of a drawing; crops are of 256
KEPT = 24  # drawings that crops are taken from


class Replay:
    """Crops of drawings that change step by step."""

    def __init__(self, count: int, crop: int, seed: int) -> None:
        self.count = count
        self.crop = crop
        self.seed = seed
        self.side = max(SIDE, crop)
        self.every = max(
            self.side**2 // (count * crop**2), 1
        )  # steps to a drawing, whose pixels are seen once
        self.drawn: deque[torch.Tensor] = deque(maxlen=KEPT)  # (3, S, S) float32 in [0, 1]

    def __call__(self, step: int) -> torch.Tensor:
        """`(count, 3, crop, crop)`: one of the newest drawing, the others of any."""
        rng = np.random.default_rng([self.seed, step])
        while len(self.drawn) < self.count:
            self.drawn.append(self.image(int(rng.integers(2**31))))
        if step % self.every == 0:  # a drawing takes a tenth of a step on small crops
            self.drawn.append(self.image(int(rng.integers(2**31))))
        older = rng.integers(len(self.drawn) - 1, size=self.count - 1)
        return torch.stack([self.piece(self.drawn[i], rng) for i in (len(self.drawn) - 1, *older)])

    def image(self, seed: int) -> torch.Tensor:
        """A new drawing, three channels."""
        image = draw(seed, self.side).image
        rgb = image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)
        return torch.from_numpy(rgb.transpose(2, 0, 1).astype(np.float32) / 255)

    def piece(self, image: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
        """A crop of it, mirrored on every other occasion."""
        y, x = rng.integers(image.shape[1] - self.crop + 1, size=2)
        piece = image[:, y : y + self.crop, x : x + self.crop]
        return piece.flip(2) if rng.random() < 0.5 else piece
