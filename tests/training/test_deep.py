"""The deep half of the encoder is made to say something, in training and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from app.settings import FLOW_SCALE
from training.deep import DeepHeads, pooled_loss
from training.fit import first_model, fit


def test_the_truth_averaged_over_places_costs_least():
    """Half of a place in a cell is a probability of one half there, and half of its flow."""
    labels = torch.zeros(1, 4, 4, dtype=torch.int32)
    labels[0, :, 1:] = 1
    flow = torch.ones(1, 2, 4, 4)
    shares = torch.tensor([[0.5, 1.0], [0.5, 1.0]])
    exact = torch.stack([FLOW_SCALE * shares, FLOW_SCALE * shares, torch.logit(shares, eps=1e-6)])[None]
    best = sum(pooled_loss(exact, labels, flow, 0.5))
    assert best == pytest.approx(0.5 * np.log(2), abs=1e-4)  # what a coin costs, in two places of four
    for wrong in (exact + 0.3, exact * 0.5):
        assert sum(pooled_loss(wrong, labels, flow, 0.5)) > best


def test_unknown_pixels_have_no_part():
    """A place that nobody looked at must not be learnt as background."""
    labels = torch.zeros(1, 4, 4, dtype=torch.int32)
    labels[0, :2] = -1
    output = torch.zeros(1, 3, 2, 2, requires_grad=True)
    sum(pooled_loss(output, labels, torch.zeros(1, 2, 4, 4), 0.5)).backward()
    assert not output.grad[:, :, 0].any()
    assert output.grad[:, 2, 1].all()


def test_the_loss_reaches_every_stage_and_no_decoder(small_phase, tmp_path):
    model = first_model(small_phase, tmp_path)
    heads = DeepHeads(model.encoder, 0.5)
    model(torch.rand(1, 3, 64, 64))
    loss = heads.loss(torch.ones(1, 64, 64, dtype=torch.int32), torch.ones(1, 2, 64, 64))
    assert loss.ndim == 0
    loss.backward()
    moved = {name.split(".")[1] for name, p in model.named_parameters() if p.grad is not None}
    assert {"block1", "block2", "block3", "block4"} <= moved
    assert not any(p.grad is not None for name, p in model.named_parameters() if "decoder" in name)


def test_a_stopped_run_goes_on_with_its_heads(tmp_path, samples, small_phase):
    """Heads that began anew after a stop would give other weights than an unbroken run."""
    phase = replace(small_phase, deep_weight=0.4, steps=6)
    whole = torch.load(fit(phase, samples, tmp_path / "whole"), weights_only=True)
    fit(phase, samples, tmp_path / "parts", stop_at=3)
    parts = torch.load(fit(phase, samples, tmp_path / "parts"), weights_only=True)
    assert all(torch.equal(whole[name], parts[name]) for name in whole)
    plain = torch.load(fit(replace(phase, deep_weight=0.0), samples, tmp_path / "plain"), weights_only=True)
    assert plain.keys() == whole.keys(), "weights have no heads"
    name = "encoder.patch_embed4.proj.weight"
    assert not torch.equal(plain[name], whole[name])
