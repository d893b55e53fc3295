"""Models for images of one look, which take the place of the pair for these.

It stands in the weights' index, beside the pair that looks are told apart with:

    "specialists": {
      "looks": "looks.safetensors",
      "sha256": "…",
      "models": [
        {"name": "tissue", "reach": 0.15, "dab": true, "file": "…", "architecture": …, "sha256": …},
        {"name": "cells", "reach": 0.1, "rest": true, …}
      ]
    }

`looks.safetensors` holds embeddings (../modality.py) of images: `embeddings` (N, C)
float16 of length 1, `owners` (N,) int16, the number of the model that learned
images of this look, from 0, or −1 where none did. An image goes to the owner of
the nearest of them, if that lies within the owner's reach and all that is not
the owner's clearly further away; else it is the pair's: who has not learned a
look does not speak of it. A look that nobody has learned is looked for once more at
half the image's size, and at twice: cells that are twice as large, and sections at
half the magnification, look like nothing that was learned, at scale 1. But
tissue that is found to be in DAB (../stains.py), and is seen without it, is that
model's which says `dab`; and what only looks a little like something that was
learned may be the model's which says `rest`, after a second opinion
(../opinion.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import WeightsError
from .member import Member, same
from .states import read_state, write_state

LOOKS = "looks.safetensors"
Look = Iterable[float] | None  # an embedding, or None where nothing is to be seen
NOBODY = -1
SURELY = 0.1  # distance within which hardly a stranger is taken for nuclei: weights/README.md, "Specialists"
AGAIN = (0.5, 2.0)  # of the image's size, at which a look that nobody has learned is looked for
CLEARLY = 0.9  # of the distance to the nearest look of others that the nearest of the owner has at most


@dataclass(frozen=True)
class Specialist:
    """One of the models."""

    name: str
    member: Member
    reach: float  # of a look that it has learned, between embeddings of length 1
    dab: bool = False  # tissue in DAB is its own, whatever it looks like
    rest: bool = False  # it has learned a little of everything: looks that nobody knows are its own

    @classmethod
    def from_dict(cls, folder: Path, values: Mapping[str, Any]) -> Specialist:
        """The inverse of `to_dict`; raises KeyError, TypeError or ValueError where it is none."""
        member, reach = Member.from_dict(folder, values), float(values["reach"])
        dab, rest = (bool(values.get(key, False)) for key in ("dab", "rest"))
        return cls(str(values["name"]), member, reach, dab, rest)

    def to_dict(self) -> dict[str, object]:
        """As the index tells it."""
        told = {key: True for key, is_so in (("dab", self.dab), ("rest", self.rest)) if is_so}
        return {"name": self.name, "reach": self.reach, **told, **self.member.to_dict()}


@dataclass(frozen=True)
class Specialists:
    """The specialists of a pair, and what they have learned."""

    models: tuple[Specialist, ...]
    looks: Path
    sha256: str

    @classmethod
    def from_dict(cls, folder: Path, values: Mapping[str, Any]) -> Specialists:
        """The inverse of `to_dict`; raises KeyError, TypeError or ValueError where it is none."""
        models = tuple(Specialist.from_dict(folder, one) for one in values["models"])
        return cls(models, folder / str(values["looks"]), str(values["sha256"]))

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        models = [one.to_dict() for one in self.models]
        return {"looks": self.looks.name, "sha256": self.sha256, "models": models}

    @property
    def files(self) -> tuple[Path, ...]:
        """All that must lie beside the pair."""
        return (self.looks, *(one.member.file for one in self.models))

    @property
    def digest(self) -> str:
        """Tells specialists apart in the record of a label."""
        sums = [
            self.sha256,
            *(f"{one.member.sha256} {one.reach:g} {one.dab} {one.rest}" for one in self.models),
        ]
        return hashlib.sha256("\n".join(sums).encode()).hexdigest()[:8]

    @property
    def rest(self) -> Specialist | None:
        """Who sees what nobody knows; None for the pair."""
        return next((one for one in self.models if one.rest), None)

    def named(self, name: str) -> Specialist | None:
        """The specialist of a name; None where there is none."""
        return next((one for one in self.models if one.name == name), None)

    @cached_property
    def known(self) -> tuple[NDArray[np.float32], NDArray[np.int16]]:
        """Embeddings `(N, C)` and their owners `(N,)`; raises WeightsError."""
        same(self.looks, self.sha256)
        return read_looks(self.looks)

    def choose(
        self, embedding: Look, *, in_dab: bool = False, again: Callable[[float], Look] = lambda _: None
    ) -> Specialist | None:
        """Who sees such images; None for the pair. Raises WeightsError.

        `again` looks at the image at a size of AGAIN; it is called where nobody has learned `embedding`.
        """
        theirs = next((one for one in self.models if one.dab), None)
        if in_dab and theirs is not None:
            return theirs
        if embedding is None:
            return None
        looks = chain((embedding,), map(again, AGAIN))  # each is taken where the one before is not known
        return next(filter(None, map(self.learned, looks)), self.rest)

    def asked_too(self, owner: Specialist, look: Look) -> Specialist | None:
        """Who else may speak of an image of `owner` (../opinion.py): who knows a little of everything.

        Nobody, where the look is well known, or tissue by its stains. Raises WeightsError.
        """
        rest = self.rest
        if rest is None or owner == rest or owner.dab or look is None:
            return None
        return rest if self.distances(look).min() > SURELY else None

    def distances(self, look: Iterable[float]) -> NDArray[np.float32]:
        """`(N,)` from what is known; raises WeightsError."""
        embedding = np.fromiter(look, np.float32)
        embeddings, _ = self.known
        if embedding.shape != embeddings.shape[1:]:
            raise WeightsError(f"{self.looks}: is of another pair; make it again")
        return np.asarray(np.linalg.norm(embeddings - embedding, axis=1), np.float32)

    def learned(self, look: Look) -> Specialist | None:
        """Who has learned such images; None where nobody has. Raises WeightsError."""
        if look is None:
            return None
        distances, owners = self.distances(look), self.known[1]
        nearest = int(distances.argmin())
        if owners[nearest] == NOBODY:
            return None
        owner = self.models[owners[nearest]]
        apart = distances[owners != owners[nearest]].min(initial=np.inf)
        return owner if distances[nearest] <= min(owner.reach, CLEARLY * apart) else None


def read_looks(path: Path) -> tuple[NDArray[np.float32], NDArray[np.int16]]:
    """`embeddings` and `owners` of a file; raises WeightsError."""
    state = read_state(path)
    embeddings, owners = (np.asarray(state.get(name, ())) for name in ("embeddings", "owners"))
    if embeddings.ndim != 2 or not len(embeddings) or owners.shape != embeddings.shape[:1]:
        raise WeightsError(f"{path}: its embeddings and owners don't fit each other; make it again")
    return embeddings.astype(np.float32), owners.astype(np.int16)


def write_looks(path: Path, embeddings: NDArray[np.float32], owners: NDArray[np.int16]) -> None:
    """The inverse of `read_looks`; whole or not at all."""
    told = {"embeddings": embeddings.astype(np.float16), "owners": owners.astype(np.int16)}
    write_state(path, told, {"name": path.stem})
