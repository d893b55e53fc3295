"""The network that learns, which of its weights move, and one step of it."""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from app.network.model import MEDIARFormer
from training.batches import Batch
from training.mish import use_training_mish
from training.objective import flow_loss
from training.precision import fastest
from training.tuning.settings import Tuning

Tensors = dict[str, torch.Tensor]


@dataclass
class Student:
    """Start and learner are the same network at first."""

    start: nn.Module  # says what was known; never moves
    model: nn.Module
    optimizer: torch.optim.Optimizer
    averaged: Tensors  # of the weights that move, by name
    tuning: Tuning

    @classmethod
    def of(cls, start: MEDIARFormer, tuning: Tuning) -> Student:
        """Norms keep the means and variances that they learnt from everything: in inference mode, both.

        Four crops of one microscope would overwrite them, which is the shortest way to forget.
        """
        model = copy.deepcopy(start)
        for network in (start, model):
            use_training_mish(network)
            network.eval().requires_grad_(False).to(memory_format=torch.channels_last)
        moving = {name: p for name, p in model.named_parameters() if moves(name, tuning)}
        for parameter in moving.values():
            parameter.requires_grad_(True)
        optimizer = torch.optim.AdamW(moving.values(), lr=tuning.rate, weight_decay=0.0, fused=True)
        averaged = {name: p.detach().clone() for name, p in moving.items()}
        return cls(start, model, optimizer, averaged, tuning)

    def step(self, own: Batch, replayed: torch.Tensor, rate: float, count: int) -> float:
        """One step on own crops `(B, …)` and replayed images `(R, 3, S, S)`; returns the own loss."""
        image, labels, flow = own
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        both = torch.cat([image, replayed]).contiguous(memory_format=torch.channels_last)
        with fastest():
            with torch.no_grad():
                said = self.start(both[len(image) :]).float()
            output = self.model(both)
        output.register_hook(lambda gradient: gradient.contiguous(memory_format=torch.channels_last))
        output = output.float()
        first, second = flow_loss(output[: len(image)], labels, flow, self.tuning.flow_weight)
        kept = recall_loss(output[len(image) :], said, self.tuning.flow_weight)
        self.optimizer.zero_grad(set_to_none=True)
        (first + second + self.tuning.replay_weight * kept).backward()
        nn.utils.clip_grad_norm_(
            [p for p in self.model.parameters() if p.requires_grad], self.tuning.clip, foreach=True
        )
        self.optimizer.step()
        self.average(min(self.tuning.average, (count + 1) / (count + 10)))
        return float((first + second).item())

    def seconds(self, crop: int) -> float:
        """That a step on crops of `crop` px takes: the second of two, from which nothing is learnt."""
        images = torch.zeros(self.tuning.own + self.tuning.replayed, 3, crop, crop)
        for _ in range(2):
            began = time.monotonic()
            with fastest():
                output = self.model(images.contiguous(memory_format=torch.channels_last))
            output.float().square().mean().backward()
            self.optimizer.zero_grad(set_to_none=True)
        return time.monotonic() - began

    @torch.no_grad()
    def average(self, decay: float) -> None:
        """Moves the averaged weights a step towards the model's."""
        for name, parameter in self.model.named_parameters():
            if name in self.averaged:
                self.averaged[name].lerp_(parameter, 1 - decay)

    def between(self, share: float) -> Tensors:
        """All weights, those that moved at `share` of the way from the start to the averaged ones."""
        state = {name: value.detach().clone() for name, value in self.start.state_dict().items()}
        for name, value in self.averaged.items():
            state[name].lerp_(value, share)
        return state


def moves(name: str, tuning: Tuning) -> bool:
    """Whether this parameter is trained: decoder and heads, and the encoder unless it stays."""
    return tuning.encoder or not name.startswith("encoder.")


def recall_loss(output: torch.Tensor, said: torch.Tensor, flow_weight: float) -> torch.Tensor:
    """How far `output` `(R, 3, S, S)` is from what the start said, in the measures of `flow_loss`.

    The flow counts where the start saw a cell, since nothing reads it elsewhere.
    """
    probability = said[:, 2].sigmoid()
    # less the entropy of the start's own words, so that agreement is 0
    bce = F.binary_cross_entropy_with_logits(output[:, 2], probability)
    floor = F.binary_cross_entropy_with_logits(said[:, 2], probability)
    mse = ((output[:, :2] - said[:, :2]).square() * probability[:, None]).mean()
    return bce - floor + flow_weight * mse
