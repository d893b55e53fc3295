"""A silent stage tells images apart again, and what had learnt is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from app.network.model import MEDIARFormer
from training.awaken import BELOW, SPREAD, apart, awaken
from training.cli import main
from training.data import Sample
from training.fit import first_model
from training.settings import Phase


@pytest.fixture
def silent(samples: list[Sample], small_phase: Phase, tmp_path: Path) -> MEDIARFormer:
    """As long trainings left them: the third stage's norm is given one large constant."""
    torch.manual_seed(0)
    model = first_model(small_phase, tmp_path).eval()
    with torch.no_grad():
        model.encoder.patch_embed3.proj.bias.add_(torch.linspace(-1e4, 1e4, 160))
    assert apart(model.encoder, samples)[-1] < 1e-3
    return model


def test_a_silent_stage_speaks_again(silent, samples):
    """Blocks begun anew behind the same constant would be given no more than those before."""
    seen = []
    silent.encoder.patch_embed3.proj.register_forward_hook(lambda _m, _i, out: seen.append(out))
    torch.manual_seed(1)
    awaken(silent, samples)
    assert apart(silent.encoder, samples)[-1] > 0.01
    assert float(seen[-1].mean((0, 2, 3)).abs().max()) < 1e-2
    assert float(seen[-1].var((0, 2, 3)).mean().sqrt()) == pytest.approx(SPREAD, rel=1e-3)


@pytest.mark.parametrize("part", ["encoder", "decoder"])
def test_the_rest_stays(silent, samples, part):
    """Stages that know cells cost hours."""
    before = {name: value.clone() for name, value in silent.state_dict().items()}
    torch.manual_seed(1)
    awaken(silent, samples, [part])
    moved = {name for name, value in silent.state_dict().items() if not torch.equal(value, before[name])}
    if part == "encoder":
        assert all(name.split(".")[1][-1] in "34" for name in moved)
        assert any(name.startswith("encoder.block4") for name in moved)
    else:
        assert all(any(name.startswith(f"decoder.{below}") for below in BELOW) for name in moved)
    assert moved


@pytest.mark.usefixtures("samples")  # in data/
def test_the_command_writes_what_a_phase_begins_with(tmp_path, capsys):
    """A start of another shape, or one that differs from run to run, could not be gone on with."""
    carried = Path(__file__).resolve().parents[2] / "weights" / "compact-1.safetensors"
    arguments = ["awaken", str(carried), "--data", str(tmp_path / "data"), "--parts", "decoder"]
    for name in ("a.pt", "b.pt"):
        assert main([*arguments, "-o", str(tmp_path / name)]) == 0
    assert capsys.readouterr().out.split() == [str(tmp_path / "a.pt"), str(tmp_path / "b.pt")]
    model = first_model(Phase("x", 1, {}, start=str(tmp_path / "a.pt")), tmp_path)
    again = torch.load(tmp_path / "b.pt", weights_only=True)
    assert all(torch.equal(value, again[name]) for name, value in model.state_dict().items())
    assert main([*arguments, "-o", str(tmp_path / "no" / "a.pt")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
