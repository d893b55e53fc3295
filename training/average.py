"""The mean of networks that went on from one another: one network, as good as its best or better.

Trainings that share their beginning end in one basin, and the mean of their weights
lies deeper in it than each of them (model soups: Wortsman et al., ICML 2022, sec. 2).
It keeps what the earlier one knew of sets that the later one began to lose.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from app.errors import UsageError
from app.network.model import MEDIARFormer


@torch.no_grad()
def average(models: Sequence[MEDIARFormer]) -> MEDIARFormer:
    """The mean of all weights and running figures; UsageError where networks have not one shape."""
    shapes = {model.architecture for model in models}
    if len(models) < 2 or len(shapes) > 1:
        raise UsageError("average: give two files or more, of networks of one architecture")
    mean = MEDIARFormer(shapes.pop()).eval()
    states = [model.state_dict() for model in models]
    for name, into in mean.state_dict().items():
        if into.is_floating_point():
            into.copy_(torch.stack([state[name].double() for state in states]).mean(dim=0))
    return mean
