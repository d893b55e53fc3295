"""The mean of networks is a network that goes between them."""

from __future__ import annotations

import pytest
import torch

from app.errors import UsageError
from app.network.architecture import Architecture
from app.network.model import MEDIARFormer
from app.network.weights.states import read_state
from training.average import average
from training.cli import main
from training.fit import save

SHAPE = Architecture("mit_b0", (32, 32, 16, 8), 0, 2)


def network(seed: int) -> MEDIARFormer:
    torch.manual_seed(seed)
    model = MEDIARFormer(SHAPE)
    for name, figures in model.named_buffers():
        if name.endswith("running_mean"):
            figures.normal_()
    return model.eval()


def test_the_mean_of_one_network_is_itself():
    image = torch.rand(1, 3, 64, 64)
    model = network(0)
    with torch.no_grad():
        torch.testing.assert_close(average([model, model])(image), model(image))


def test_running_figures_are_averaged_too():
    """Batch norms of one network around the weights of another would answer as neither."""
    one, two = network(1), network(2)
    states = one.state_dict(), two.state_dict()
    for name, value in average([one, two]).state_dict().items():
        if value.is_floating_point():
            torch.testing.assert_close(value, (states[0][name] + states[1][name]) / 2, msg=name)


def test_the_command_and_what_it_refuses(tmp_path, capsys):
    for number in (1, 2):
        save(tmp_path / f"{number}.pt", network(number).state_dict())
    save(tmp_path / "wide.pt", MEDIARFormer(Architecture("mit_b0", (64, 32, 16, 8), 0, 2)).state_dict())
    files = [str(tmp_path / f"{name}.pt") for name in (1, 2)]
    assert main(["average", *files, "-o", str(tmp_path / "mean.pt")]) == 0
    assert read_state(tmp_path / "mean.pt").keys() == read_state(tmp_path / "1.pt").keys()
    capsys.readouterr()
    assert main(["average", files[0], str(tmp_path / "wide.pt"), "-o", str(tmp_path / "no.pt")]) == 2
    assert main(["average", files[0], "-o", str(tmp_path / "no.pt")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2
    with pytest.raises(UsageError, match="two files"):
        average([])
