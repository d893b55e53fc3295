"""All frames of a sample show one place, turned one way, under one light."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from training.films import Clip
from training.sequences import CELLS, SequenceBatches, cut, same_intensities


@pytest.fixture
def still(samples):
    """A clip in which nothing moves."""
    return Clip((samples[0],) * 3, ((0, 0),) * 3)


def test_all_frames_are_turned_alike(still, small_phase):
    """The same image in each frame stays the same image, in any of the eight orientations."""
    batches = SequenceBatches([still], replace(small_phase, intensity_p=0.0))
    seen = set()
    for step in range(6):
        image, labels, flow = batches(step)
        assert image.shape == (2 * 3, 3, 64, 64)
        for tensor in (image, labels, flow):
            sample = tensor.unflatten(0, (2, 3))
            assert torch.equal(sample, sample[:, :1].expand_as(sample))
        seen |= {image[i].sum().item() for i in (0, 3)}
    assert len(seen) == 12  # and other samples are others


def test_intensities_are_drawn_once():
    """Contrast, channels and blur are those of the sample; a flat frame stays as flat as it was."""
    frames = [torch.full((3, 32, 32), value) for value in (0.2, 0.5, 0.5)]
    frames[1][0] = frames[2][0] = 0.8
    changed = 0
    for seed in range(8):
        first, second, third = same_intensities(frames, 0.5, np.random.default_rng(seed))
        assert first.shape == (3, 32, 32)
        means = [one.mean(dim=(1, 2)) for one in (second, third)]
        assert torch.allclose(*means, atol=0.02)  # noise is new in each frame
        changed += not torch.allclose(means[0], frames[1].mean(dim=(1, 2)), atol=0.05)
    assert changed >= 4


def test_no_frame_leaks_into_its_neighbour():
    """One tall picture would be blurred over the edge between two frames."""
    frames = [torch.zeros(3, 32, 32), torch.ones(3, 32, 32)]
    for seed in range(20):
        for one in same_intensities(frames, 0.4, np.random.default_rng(seed)):
            rows = one.mean(dim=(0, 2))
            assert (rows - rows.median()).abs().max() < 0.1


def test_most_draws_hold_a_cell(samples, small_phase):
    """One cell in a wide field: seven draws of ten hold it, and chance adds a few."""
    labels = np.zeros((400, 400), np.int32)
    labels[100:104, 300:304] = 1
    flow = np.zeros((2, 400, 400), np.float16)
    wide = replace(samples[0], image=np.zeros((400, 400, 3), np.uint8), labels=labels, flow=flow)
    batches = SequenceBatches([Clip((wide, wide), ((0, 0), (0, 0)))], small_phase)
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        (y, x), (h, w) = batches.window(0, 40, rng)
        assert 0 <= y <= 400 - h
        assert 0 <= x <= 400 - w
        held += labels[y : y + h, x : x + w].any()
    assert abs(held / 400 - CELLS) < 0.06


def test_the_window_follows_the_field(samples):
    """A field that moved by (3, -5): the same cells lie in the same place of both crops."""
    first = samples[0]
    second = replace(first, labels=np.roll(first.labels, (3, -5), (0, 1)))
    clip = Clip((first, second), ((0, 0), (-3, 5)))
    assert clip.field == (-3, 0, 96, 117)
    here = [
        cut(frame, (20 - y, 30 - x), (32, 32)).labels
        for frame, (y, x) in zip(clip.frames, clip.places, strict=True)
    ]
    assert here[0].any()
    assert np.array_equal(*here)


def test_beyond_the_frame_is_nothing(samples):
    piece = cut(samples[0], (-8, 100), (24, 24))
    assert not piece.image[:8].any()
    assert not piece.image[:, 12:].any()
    assert np.array_equal(piece.image[8:, :12], samples[0].image[:16, 100:])
    assert np.array_equal(piece.flow[:, 8:, :12], samples[0].flow[:, :16, 100:])
    assert not cut(samples[0], (500, 500), (24, 24)).image.any()


def test_a_batch_depends_on_its_step_alone(still, small_phase):
    """A sample of step 3 is that of step 3, whatever was drawn before."""
    one, other = SequenceBatches([still], small_phase), SequenceBatches([still], small_phase)
    one(0)
    assert all(torch.equal(a, b) for a, b in zip(one(3), other(3), strict=True))
