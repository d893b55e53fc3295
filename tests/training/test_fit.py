"""Training learns, and a stopped run goes on as if it had not stopped."""

from __future__ import annotations

import csv
from dataclasses import replace

import pytest
import torch

from app.errors import UsageError, WeightsError
from training.batches import Batches
from training.fit import first_model, fit
from training.settings import Phase


def losses(log):
    with log.open(newline="") as file:
        return [float(row["bce"]) + float(row["half_mse"]) for row in csv.DictReader(file)]


def test_loss_falls_and_a_resumed_run_equals_an_unbroken_one(tmp_path, samples, small_phase):
    """60 steps at once, and 60 with a stop at 37: same weights to the bit, same log."""
    whole = fit(small_phase, samples, tmp_path / "whole")
    fit(small_phase, samples, tmp_path / "parts", stop_at=37)
    parts = fit(small_phase, samples, tmp_path / "parts")

    means = losses(tmp_path / "whole" / "small.csv")
    assert len(means) == 3
    assert means[2] < 0.85 * means[0]  # 0.80 in float32, where the CPU has no bfloat16
    assert losses(tmp_path / "parts" / "small.csv") == means
    first, second = (torch.load(path, weights_only=True) for path in (whole, parts))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_later_phase_begins_with_the_earlier_one(tmp_path, samples, small_phase):
    first = replace(small_phase, name="first", steps=2)
    fit(first, samples, tmp_path)
    second = replace(small_phase, name="second", steps=1, start="first", rate=0.0, average=0.0)
    after = torch.load(fit(second, samples, tmp_path), weights_only=True)
    before = torch.load(tmp_path / "first.pt", weights_only=True)
    assert torch.equal(after["gradflow_head.3.weight"], before["gradflow_head.3.weight"])
    by_path = replace(second, name="by_path", start=str(tmp_path / "first.pt"))
    assert torch.equal(
        first_model(by_path, tmp_path).gradflow_head[3].weight, before["gradflow_head.3.weight"]
    )
    with pytest.raises(UsageError, match=r"first\.pt: is a mit_b0-32-16-16-8-8-pab16; set .*pab = 16"):
        fit(replace(second, name="fourth", pab=8), samples, tmp_path)
    with pytest.raises(UsageError, match="fit the phase 'missing' first"):
        fit(replace(second, name="third", start="missing"), samples, tmp_path)


def test_a_checkpoint_of_other_settings_is_refused(tmp_path, samples, small_phase):
    """Silently going on with another rate would make the TOML a lie."""
    fit(small_phase, samples, tmp_path, stop_at=1)
    with pytest.raises(UsageError, match="made with another rate"):
        fit(replace(small_phase, rate=1e-3), samples, tmp_path)
    fit(replace(small_phase, steps=100), samples, tmp_path, stop_at=2)  # longer training is welcome


def test_a_damaged_checkpoint_is_named(tmp_path, samples, small_phase):
    """A disk that ran full once left the user with a traceback of the unpickler."""
    (tmp_path / "small.ckpt").write_bytes(b"junk\n")
    with pytest.raises(UsageError, match=r"small\.ckpt: can't be read as a checkpoint; delete it"):
        fit(small_phase, samples, tmp_path)


def test_memory_replay_adds_one_image_with_excluded_boundaries(samples, small_phase):
    plain = Batches(samples, small_phase)(0)
    replayed = Batches(samples, replace(small_phase, replay={"field": 1.0}))(0)
    assert [len(t) for t in replayed] == [3, 3, 3]
    assert torch.equal(replayed[0][:2], plain[0])  # the batch itself is what it was


def test_phases_of_the_repository_are_readable(request):
    phases = sorted((request.config.rootpath / "training" / "phases").glob("*.toml"))
    loaded = {path.stem: Phase.load(path) for path in phases}
    assert {"phase1", "phase2", "finetune1", "finetune2"} <= set(loaded)
    assert loaded["finetune1"].start == "phase1"
    assert loaded["finetune2"].start == "phase2"


def test_the_shape_is_that_of_the_file_it_begins_with(tmp_path, samples, small_phase):
    """Who goes on from the carried pair should not have to know its channels."""
    first = fit(replace(small_phase, name="first", steps=1), samples, tmp_path)
    path = tmp_path / "mine.toml"
    path.write_text(f'start = "{first}"\nsteps = 1\n[sets]\nfield = 1.0\n')
    assert Phase.load(path).architecture == small_phase.architecture
    path.write_text(f'start = "{first}"\npab = 8\nsteps = 1\n[sets]\nfield = 1.0\n')
    assert Phase.load(path).pab == 8, "what is set is not replaced; `fit` refuses it"
    (tmp_path / "other.pt").write_bytes(b"junk")
    path.write_text(f'start = "{tmp_path / "other.pt"}"\nsteps = 1\n[sets]\nfield = 1.0\n')
    with pytest.raises(WeightsError, match=r"other\.pt"):
        Phase.load(path)
    path.write_text("stages = 2\nsteps = 1\n[sets]\nfield = 1.0\n")
    with pytest.raises(UsageError, match=r"phase mine: 2 stages, .* don't fit"):
        _ = Phase.load(path).architecture


def test_unknown_settings_are_named(tmp_path):
    path = tmp_path / "phase.toml"
    path.write_text("steps = 3\nzooom = [1, 2]\n[sets]\na = 1.0\n")
    with pytest.raises(UsageError, match="unknown setting zooom"):
        Phase.load(path)
    path.write_text("rate = 1e-3\n")
    with pytest.raises(UsageError, match="steps"):
        Phase.load(path)
