"""A network of twice the channels answers as before, and learns what the narrow one could not."""

from __future__ import annotations

import pytest
import torch

from app.errors import UsageError
from app.network.architecture import Architecture
from app.network.model import MEDIARFormer
from training.cli import main
from training.fit import save
from training.widen import doubled, widen

SHORT = Architecture(decoder=(32, 32, 16, 8), pab=0, stages=2)


@pytest.fixture
def narrow() -> MEDIARFormer:
    """Its norms have seen something, so that none of them is the identity."""
    torch.manual_seed(0)
    model = MEDIARFormer(SHORT).train()
    with torch.no_grad():
        for _ in range(5):
            model(torch.rand(2, 3, 64, 64))
    return model.eval()


@pytest.mark.parametrize("decoder", [(64, 64, 16, 8), (64, 64, 32, 16), (32, 32, 16, 8)])
def test_it_answers_as_the_narrow_one(narrow, decoder):
    """A factor missed in one layer, attention's above all, would make what was learned worthless."""
    wide = widen(narrow, "mit_b1", decoder)
    image = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(wide(image), narrow(image), atol=1e-4, rtol=1e-4)
    assert wide.architecture == Architecture("mit_b1", decoder, 0, 2)


def test_copies_learn_different_things(narrow):
    """Copies with the same gradient would stay copies: the network would be as narrow as before."""
    wide = widen(narrow, "mit_b1", (64, 64, 16, 8)).train()
    wide(torch.rand(2, 3, 64, 64)).square().mean().backward()
    gradient = wide.get_parameter("encoder.patch_embed1.proj.weight").grad
    assert gradient is not None
    assert (gradient[::2] - gradient[1::2]).norm() > 0.1 * gradient.norm()


def test_other_networks_are_refused(narrow):
    with pytest.raises(UsageError, match="layers"):
        widen(narrow, "mit_b2", (64, 64, 16, 8))
    with pytest.raises(UsageError, match="twice"):
        widen(narrow, "mit_b1", (96, 64, 16, 8))
    with pytest.raises(UsageError, match="mit_b9"):
        widen(narrow, "mit_b9", (64, 64, 16, 8))
    with pytest.raises(UsageError, match="don't fit"):
        widen(narrow, "mit_b1", (64, 64, 16))
    with pytest.raises(ValueError, match="twice"):
        doubled(torch.ones(4, 4), torch.Size([4, 12]), torch.Generator())


def test_the_command_writes_what_a_phase_begins_with(narrow, tmp_path, capsys):
    save(tmp_path / "narrow.pt", narrow.state_dict())
    wide = ["--encoder", "mit_b1", "--decoder", "64", "64", "16", "8"]
    assert main(["widen", str(tmp_path / "narrow.pt"), *wide, "-o", str(tmp_path / "wide.pt")]) == 0
    assert torch.load(tmp_path / "wide.pt")["decoder.center.conv2.0.weight"].shape[0] == 64
    assert main(["widen", str(tmp_path / "narrow.pt"), *wide, "-o", str(tmp_path / "no" / "wide.pt")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
