"""Samples to batches: which images, and their crops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from training.augment import Crop, draw
from training.data import Sample
from training.sampling import Clusters, sampling_weights
from training.settings import Phase

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]  # (B, 3, S, S), (B, S, S), (B, 2, S, S)


class Batches:
    """Batch `step` is a pure function of the seed and the step, so a resumed run goes on unbroken."""

    def __init__(self, samples: Sequence[Sample], phase: Phase, clusters: Clusters | None = None) -> None:
        self.samples = samples
        self.phase = phase
        self.weights = sampling_weights(samples, phase.sets, clusters)
        self.replay = sampling_weights(samples, phase.replay) if phase.replay else None

    def __call__(self, step: int) -> Batch:
        """`(B, 3, S, S)` image, `(B, S, S)` labels, `(B, 2, S, S)` flow."""
        rng = np.random.default_rng([self.phase.seed, step])
        chosen = rng.choice(len(self.samples), self.phase.batch, p=self.weights)
        crops: list[Crop] = [draw(self.samples[i], self.phase, rng) for i in chosen]
        if self.replay is not None:  # memory replay: one public image, boundary excluded
            i = rng.choice(len(self.samples), p=self.replay)
            crops.append(draw(self.samples[i], replace(self.phase, exclude_boundary=True), rng))
        return (
            torch.stack([c.image for c in crops]),
            torch.stack([c.labels for c in crops]),
            torch.stack([c.flow for c in crops]),
        )
