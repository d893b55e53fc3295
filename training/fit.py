"""The training loop: one phase from its first step, or from where it stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from app.errors import UsageError
from app.network.architecture import Architecture
from app.network.model import MEDIARFormer
from app.network.weights.states import read_shapes, read_state
from app.system.files import whole_file
from training.batches import Batch, Batches
from training.data import Sample
from training.deep import DeepHeads
from training.log import EVERY, add_row, begin_log
from training.mish import use_training_mish
from training.objective import flow_loss, learning_rate
from training.precision import fastest
from training.sampling import read_clusters
from training.settings import Phase

Further = Callable[[torch.Tensor, torch.Tensor], torch.Tensor | float]
Loss = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]
MAY_CHANGE = {"steps", "save_every"}  # between the parts of one run


def fit(
    phase: Phase, samples: Sequence[Sample], folder: Path, device: str = "cpu", *, stop_at: int | None = None
) -> Path:
    """Trains `phase`; returns the file of averaged weights.

    `folder/<name>.ckpt` holds all that a resumed run needs and is written
    whole or not at all; `folder/<name>.csv` is the log. `stop_at` ends the run
    before its last step, and a later call goes on from there.
    """
    torch.manual_seed(phase.seed)
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint, weights, log = (folder / f"{phase.name}{suffix}" for suffix in (".ckpt", ".pt", ".csv"))
    model = first_model(phase, folder).to(device).to(memory_format=torch.channels_last).train()
    averaged = {name: value.detach().clone() for name, value in model.state_dict().items()}
    deep = (
        DeepHeads(model.get_submodule("encoder"), phase.flow_weight).to(device) if phase.deep_weight else None
    )
    optimizer = make_optimizer(nn.ModuleList([model, deep]) if deep else model, phase)
    first, sums, spent = 0, np.zeros(3), 0.0
    if checkpoint.is_file():
        state = resume(checkpoint, phase, model, optimizer, device)
        if deep:
            deep.load_state_dict(state["deep"])
        averaged, first, spent = state["averaged"], state["step"], state["seconds"]
        sums = np.array(state["sums"])

    clusters = read_clusters(folder / phase.clusters) if phase.clusters else None
    batches = Batches(samples, phase, clusters)
    loss = partial(
        flow_loss,
        flow_weight=phase.flow_weight,
        edge_weight=phase.edge_weight,
        small_weight=phase.small_weight,
    )

    def further(labels: torch.Tensor, flow: torch.Tensor) -> torch.Tensor | float:
        return phase.deep_weight * deep.loss(labels, flow) if deep else 0.0

    last = min(phase.steps, stop_at or phase.steps)
    begin_log(log, first)
    began = time.monotonic() - spent
    with ThreadPoolExecutor(1) as pool:
        ahead = pool.submit(batches, first)
        bar = tqdm(range(first, last), phase.name, initial=first, total=phase.steps, disable=None)
        for step in bar:
            batch = ahead.result()
            ahead = pool.submit(batches, step + 1)
            rate = learning_rate(step, phase)
            sums += train_step(model, optimizer, batch, loss, rate, phase.clip, device, further)
            average(averaged, model, min(phase.average, (step + 1) / (step + 10)))
            if (step + 1) % EVERY == 0:
                add_row(log, step + 1, sums / EVERY, rate, time.monotonic() - began)
                bar.set_postfix(bce=f"{sums[0] / EVERY:.3f}", half_mse=f"{sums[1] / EVERY:.3f}")
                sums[:] = 0
            if (step + 1) % phase.save_every == 0 or step + 1 == last:
                state = {"step": step + 1, "model": model.state_dict(), "optimizer": optimizer.state_dict()}
                state |= {"averaged": averaged, "rng": torch.get_rng_state(), "phase": asdict(phase)}
                state |= {"deep": deep.state_dict()} if deep else {}
                save(checkpoint, state | {"sums": sums.tolist(), "seconds": time.monotonic() - began})
                save(weights, averaged)
    return weights


def train_step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    loss: Loss,
    rate: float,
    clip: float,
    device: str,
    further: Further = lambda *_: 0.0,
) -> tuple[float, float, float]:
    """One step of AdamW; returns both parts of the loss and the gradient's norm.

    `further` gives what is added to the loss of a batch once the model has seen it.
    """
    image, labels, flow = (t.to(device) for t in batch)
    for group in optimizer.param_groups:
        group["lr"] = rate
    with fastest(device):
        output = model(image.contiguous(memory_format=torch.channels_last))
    # slicing inside the loss turns the gradient to another layout, and every layer pays for it
    output.register_hook(lambda gradient: gradient.contiguous(memory_format=torch.channels_last))
    first, second = loss(output.float(), labels, flow)
    whole = first + second + further(labels, flow)
    optimizer.zero_grad(set_to_none=True)
    whole.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimizer.step()
    return first.item(), second.item(), norm.item()


def first_model(phase: Phase, folder: Path) -> nn.Module:
    """The network as the phase begins with it: random, or with the weights of `start`."""
    model = MEDIARFormer(phase.architecture)
    if phase.start:
        named = Path(phase.start)
        earlier = named if named.suffix else folder / f"{phase.start}.pt"
        if not earlier.is_file():
            raise UsageError(f"{earlier}: no such file; fit the phase '{phase.start}' first")
        found = Architecture.from_shapes(read_shapes(earlier))
        if found != phase.architecture:
            raise UsageError(
                f"{earlier}: is a {found.name}; set encoder = '{found.encoder}', decoder = "
                f"{list(found.decoder)}, pab = {found.pab}, stages = {found.stages}"
            )
        model.load_state_dict({name: torch.from_numpy(array) for name, array in read_state(earlier).items()})
    use_training_mish(model)
    return model


def make_optimizer(model: nn.Module, phase: Phase) -> torch.optim.Optimizer:
    """AdamW; biases and norms are not decayed."""
    decayed = [p for p in model.parameters() if p.ndim > 1]
    rest = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": phase.weight_decay}, {"params": rest, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=phase.rate, fused=True)


def resume(
    checkpoint: Path, phase: Phase, model: nn.Module, optimizer: torch.optim.Optimizer, device: str
) -> dict[str, Any]:
    """Loads a checkpoint of the same phase; raises UsageError where it is damaged or a setting differs."""
    try:
        state: dict[str, Any] = torch.load(checkpoint, weights_only=True, map_location=device)
    except Exception as cause:  # unpicklers raise whatever they like on damaged files
        raise UsageError(f"{checkpoint}: can't be read as a checkpoint; delete it to begin anew") from cause
    now, then = asdict(phase), asdict(Phase("", 0, {})) | state["phase"]
    other = sorted(key for key in now if now[key] != then[key] and key not in MAY_CHANGE)
    if other:
        raise UsageError(f"{checkpoint}: was made with another {', '.join(other)}; choose another name")
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    torch.set_rng_state(state["rng"].cpu())
    return state


@torch.no_grad()
def average(averaged: dict[str, torch.Tensor], model: nn.Module, decay: float) -> None:
    """Moves the averaged weights a step towards the model's; counters are copied."""
    for name, value in model.state_dict().items():
        if value.is_floating_point():
            averaged[name].lerp_(value, 1 - decay)
        else:
            averaged[name].copy_(value)


def save(path: Path, state: Any) -> None:
    """Whole or not at all."""
    with whole_file(path) as partial_path:
        torch.save(state, partial_path)
