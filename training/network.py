"""A file of weights to the network that it belongs to."""

from __future__ import annotations

from pathlib import Path

import torch

from app.network.model import MEDIARFormer
from app.network.weights import find_weights
from app.network.weights.states import read_state


def load_network(path: Path) -> MEDIARFormer:
    """The network in inference mode on the CPU; its shape is read off the weights. Raises WeightsError."""
    (member,) = find_weights(str(path)).members
    model = MEDIARFormer(member.architecture)
    model.load_state_dict({name: torch.from_numpy(array) for name, array in read_state(path).items()})
    return model.eval()
