"""The training loop: one phase from its first step, or from where it stopped."""

from __future__ import annotations

import csv
import math
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F
from tqdm import tqdm

from app.model import Architecture, MEDIARFormer
from training.augment import Crop, draw
from training.data import Sample, sampling_weights
from training.mish import use_training_mish
from training.settings import Phase

FLOW_SCALE = 5.0  # the network predicts 5 × the unit flow (paper, sec. 3)


def loss(output: torch.Tensor, labels: torch.Tensor, flow: torch.Tensor, flow_weight: float) -> tuple[torch.Tensor, torch.Tensor]:
    """BCE of the probability and `flow_weight` × MSE of the flow; their sum is minimised.

    output (B, 3, H, W), labels (B, H, W) int, flow (B, 2, H, W) unit vectors.
    """
    cells = (labels > 0).float()
    bce = F.binary_cross_entropy_with_logits(output[:, 2], cells)
    mse = F.mse_loss(output[:, :2], FLOW_SCALE * flow * cells[:, None])
    return bce, flow_weight * mse


def learning_rate(step: int, phase: Phase) -> float:
    """Linear warm-up, then a half cosine down to 1 % of the peak."""
    if step < phase.warmup:
        return phase.rate * (step + 1) / phase.warmup
    progress = (step - phase.warmup) / max(phase.steps - phase.warmup, 1)
    return phase.rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0))))


class Batches:
    """Batch `step` is a pure function of the seed and the step, so a resumed run goes on unbroken."""

    def __init__(self, samples: Sequence[Sample], phase: Phase) -> None:
        self.samples = samples
        self.phase = phase
        self.weights = sampling_weights(samples, phase.sets)
        self.replay = sampling_weights(samples, phase.replay) if phase.replay else None

    def __call__(self, step: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """`(B, 3, S, S)` image, `(B, S, S)` labels, `(B, 2, S, S)` flow."""
        from dataclasses import replace

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


def fit(phase: Phase, samples: Sequence[Sample], folder: Path, device: str = "cpu", *, stop_at: int | None = None) -> Path:
    """Trains `phase`; returns the file of averaged weights.

    `folder/<name>.ckpt` holds all that a resumed run needs and is written
    whole or not at all; `folder/<name>.csv` is the log.
    """
    torch.manual_seed(phase.seed)
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint, weights, log = (folder / f"{phase.name}{suffix}" for suffix in (".ckpt", ".pt", ".csv"))
    model = MEDIARFormer(Architecture(phase.encoder, phase.decoder, phase.pab))
    if phase.start:
        model.load_state_dict(torch.load(folder / f"{phase.start}.pt", weights_only=True))
    use_training_mish(model)
    model = model.to(device, memory_format=torch.channels_last).train()
    averaged = {k: v.detach().clone() for k, v in model.state_dict().items()}
    decay = [p for p in model.parameters() if p.ndim > 1]
    rest = [p for p in model.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decay, "weight_decay": phase.weight_decay}, {"params": rest, "weight_decay": 0.0}], lr=phase.rate
    )
    first = 0
    if checkpoint.is_file():
        state: dict[str, Any] = torch.load(checkpoint, weights_only=True, map_location=device)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        averaged, first = state["averaged"], state["step"]
        torch.set_rng_state(state["rng"].cpu())

    batches = Batches(samples, phase)
    last = min(phase.steps, stop_at or phase.steps)
    with ThreadPoolExecutor(1) as pool, log.open("a" if first else "w", newline="") as file:
        writer = csv.writer(file)
        if not first:
            writer.writerow(["step", "bce", "half_mse", "norm", "rate", "seconds"])
        ahead = pool.submit(batches, first)
        sums, began = np.zeros(3), time.monotonic()
        for step in tqdm(range(first, last), initial=first, total=last, mininterval=30, disable=None):
            image, labels, flow = (t.to(device) for t in ahead.result())
            ahead = pool.submit(batches, step + 1)
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(step, phase)
            with torch.autocast(device, torch.bfloat16):
                output = model(image.contiguous(memory_format=torch.channels_last))
            # slicing inside the loss turns the gradient to another layout, and every layer pays for it
            output.register_hook(lambda gradient: gradient.contiguous(memory_format=torch.channels_last))
            bce, mse = loss(output.float(), labels, flow, phase.flow_weight)
            optimizer.zero_grad(set_to_none=True)
            (bce + mse).backward()
            norm = torch.nn.utils.clip_grad_norm_(model.parameters(), phase.clip)
            optimizer.step()
            average(averaged, model, min(phase.average, (step + 1) / (step + 10)))
            sums += [bce.item(), mse.item(), norm.item()]
            if (step + 1) % 20 == 0:
                bce_mean, mse_mean, norm_mean = sums / 20
                writer.writerow([step + 1, f"{bce_mean:.5f}", f"{mse_mean:.5f}", f"{norm_mean:.3f}", f"{learning_rate(step, phase):.2e}", f"{time.monotonic() - began:.1f}"])
                file.flush()
                sums[:] = 0
            if (step + 1) % phase.save_every == 0 or step + 1 == last:
                save(checkpoint, {
                    "step": step + 1, "model": model.state_dict(), "optimizer": optimizer.state_dict(),
                    "averaged": averaged, "rng": torch.get_rng_state(), "phase": repr(asdict(phase)),
                })
                save(weights, averaged)
    return weights


@torch.no_grad()
def average(averaged: dict[str, torch.Tensor], model: torch.nn.Module, decay: float) -> None:
    """Moves the averaged weights a step towards the model's; counters are copied."""
    for name, value in model.state_dict().items():
        if value.is_floating_point():
            averaged[name].lerp_(value, 1 - decay)
        else:
            averaged[name].copy_(value)


def save(path: Path, state: Any) -> None:
    """Whole or not at all."""
    partial = path.with_suffix(path.suffix + ".partial")
    torch.save(state, partial)
    os.replace(partial, path)
