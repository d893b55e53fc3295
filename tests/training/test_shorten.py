"""A network without its deep stages answers as the whole one, where these said nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from app.network.model import MEDIARFormer
from training.cli import main
from training.data import Sample
from training.fit import first_model, save
from training.settings import Phase
from training.shorten import corner, shorten

INSIDE = 40  # px from the window's edge; nearer, the whole network's constant ends with its map


@pytest.fixture
def silent(samples: list[Sample], small_phase: Phase, tmp_path: Path) -> MEDIARFormer:
    """As long trainings left networks: what comes up from the deep stages is one constant."""
    torch.manual_seed(0)
    model = first_model(small_phase, tmp_path).train()
    with torch.no_grad():
        for _ in range(10):  # norms have to know what they are given, or all ends in one constant
            model(torch.stack([corner(sample) for sample in samples]))
        norm = model.get_submodule("decoder.blocks.1.hl_conv.1.1")
        norm.weight.zero_()
        norm.bias.copy_(torch.linspace(-1, 1, len(norm.bias)))
    return model.eval()


def test_it_answers_as_the_whole_network(silent, samples):
    """A constant that is lost, or added twice, would move every probability."""
    short = shorten(silent, samples)
    assert short.architecture.stages == 2
    images = torch.stack([corner(sample) for sample in samples])
    with torch.no_grad():
        whole, ours = (net(images)[..., INSIDE:-INSIDE, INSIDE:-INSIDE] for net in (silent, short))
        short.get_submodule("decoder.center.said.1").weight.zero_()
        without = short(images)[..., INSIDE:-INSIDE, INSIDE:-INSIDE]
    spread = (whole - whole.mean((2, 3), keepdim=True)).norm()
    assert (whole - ours).norm() < 0.02 * spread  # means over the window feel its edge everywhere
    assert (whole - without).norm() > 0.1 * spread


@pytest.mark.usefixtures("samples")  # in data/
def test_the_command_writes_what_a_phase_begins_with(silent, small_phase, tmp_path, capsys):
    """A start of another shape could not be gone on with."""
    save(tmp_path / "whole.pt", silent.state_dict())
    arguments = ["shorten", str(tmp_path / "whole.pt"), "--data", str(tmp_path / "data"), "-o"]
    assert main([*arguments, str(tmp_path / "a.pt")]) == 0
    assert capsys.readouterr().out.split() == [str(tmp_path / "a.pt")]
    phase = Phase("x", 1, {}, start=str(tmp_path / "a.pt"), stages=2, decoder=small_phase.decoder[1:], pab=0)
    first_model(phase, tmp_path)
    assert main([*arguments, str(tmp_path / "no" / "a.pt")]) == 2
    arguments[1] = str(tmp_path / "a.pt")
    assert main([*arguments, str(tmp_path / "b.pt")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2
