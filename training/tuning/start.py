"""What a run begins with: the model that a prediction would have taken for these images."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from app.network import Network, choose_device
from app.network.model import MEDIARFormer
from app.network.weights import Member, Weights
from app.read import Pixels
from app.settings import Windows
from training.data import Sample
from training.network import load_network
from training.tuning.verdict import verdict

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Start:
    """A model, its F1 on the images that judge, and the seconds that one verdict took."""

    model: MEDIARFormer
    f1: float
    seconds: float


def best_start(members: Sequence[Member], judges: Sequence[Sample]) -> Start:
    """That of `members` which scores highest on `judges`, which are as the network sees them."""
    found = []
    for member in members:
        model = load_network(member.file)
        began = time.monotonic()
        f1 = verdict(model, model.state_dict(), judges)
        found.append(Start(model, f1, time.monotonic() - began))
    return max(found, key=lambda start: start.f1)


def candidates(weights: Weights, judges: Sequence[Sample]) -> tuple[Member, ...]:
    """The models that see most of `judges`, as they are read, in a prediction.

    With any other tuning could end below what a prediction has without it.
    """
    if weights.specialists is None:
        return weights.members
    network = Network.load(weights, choose_device("cpu"), Windows(), exact=False)
    owners = (
        network.for_all_like(Pixels(s.image), (s.image.shape[0], s.image.shape[1])).owner for s in judges
    )
    name, _ = Counter(owners).most_common(1)[0]
    owner = weights.specialists.named(name or "")
    if owner is None:
        return weights.members
    logger.info("begins with the specialist for %s", name)
    return (owner.member,)
