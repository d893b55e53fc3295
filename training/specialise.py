"""Specialists beside a pair: their files, what they have learned, and the entry of the weights' index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from app.network.modality import Watched
from app.network.weights import Specialist, Specialists, Weights
from app.network.weights.index import write_specialists
from app.network.weights.specialists import LOOKS, NOBODY, write_looks
from app.network.weights.states import State, checksum, read_state
from app.network.weights.store import save_member
from training.data import DataError, Pair
from training.looks import Looks, gather, looks_of, reach_of, report
from training.settings import Phase


@dataclass(frozen=True)
class Candidates:
    """Models that phases made, and what is known of whose image is whose."""

    phases: Sequence[Phase]
    states: Sequence[State]
    looks: Looks
    reaches: Sequence[float]
    report: str  # Markdown

    @classmethod
    def of(
        cls,
        phases: Sequence[Phase],
        runs: Path,
        engine: Watched,
        train: Sequence[Pair],
        val: Sequence[Pair],
        unclaimed: Sequence[str] = (),
        asked: Mapping[str, float] | None = None,
    ) -> Candidates:
        """Those of `runs`; `engine` is the pair's first; `unclaimed` as `gather` has it.

        Of phases that are `asked` for with a reach it is that; else strangers tell it.
        Raises WeightsError, DataError.
        """
        states = [read_state(runs / f"{phase.name}.pt") for phase in phases]  # before minutes of looking
        known, seen = (gather(engine, phases, pairs, unclaimed) for pairs in (train, val))
        asked = asked or {}
        reaches = [
            asked[phase.name] if phase.name in asked else reach_of(known, number)
            for number, phase in enumerate(phases)
        ]
        return cls(phases, states, known, reaches, report(known, phases, reaches, seen))

    def write(self, weights: Weights, dab: str = "", rest: str = "") -> Path:
        """Puts them into the folder of the pair; returns its index.

        `dab` is the name of that for tissue in DAB, `rest` of that for looks that nobody knows.

        Raises WeightsError, WriteError.
        """
        folder = weights.members[0].file.parent
        write_looks(folder / LOOKS, self.looks.embeddings, self.looks.owners)
        models = tuple(
            Specialist(
                phase.name,
                save_member(folder, f"{weights.name}-{phase.name}", state, phase.architecture),
                reach,
                dab=phase.name == dab,
                rest=phase.name == rest,
            )
            for phase, state, reach in zip(self.phases, self.states, self.reaches, strict=True)
        )
        return write_specialists(weights, Specialists(models, folder / LOOKS, checksum(folder / LOOKS)))


def renew(weights: Weights, phases: Sequence[Phase], runs: Path) -> Path:
    """Puts `runs/<phase>.pt` in the place of the specialists of these names; returns the index.

    Whose look is whose stays as it is, and so do the other specialists. Raises WeightsError, WriteError,
    DataError for a phase that is no specialist's.
    """
    told = weights.specialists
    new = {phase.name: phase for phase in phases}
    names = [one.name for one in told.models] if told else []
    if told is None or not set(new) <= set(names):
        raise DataError(
            f"{weights.name}: its specialists are {', '.join(names) or 'none'}; name their phases"
        )
    folder = weights.members[0].file.parent
    models = list(told.models)
    for number, one in enumerate(models):
        if one.name in new:
            state = read_state(runs / f"{one.name}.pt")
            member = save_member(folder, one.member.file.stem, state, new[one.name].architecture)
            models[number] = replace(one, member=member)
    return write_specialists(weights, replace(told, models=tuple(models)))


def add_looks(
    weights: Weights,
    phases: Sequence[Phase],
    engine: Watched,
    pairs: Sequence[Pair],
    reaches: Mapping[str, float],
) -> Path:
    """Adds the looks of `pairs`, whose each belongs to a phase, to what is known; returns the index.

    A look that is known already, as when the same images are added twice, is left as it is.
    `reaches` are new ones, by name. Raises WeightsError, WriteError, DataError.
    """
    told = weights.specialists
    names = [one.name for one in told.models] if told else []
    if told is None or [phase.name for phase in phases] != names:
        raise DataError(
            f"{weights.name}: its specialists are {', '.join(names) or 'none'}; name their phases"
        )
    embeddings, owners = told.known
    added = looks_of(engine, phases, pairs)
    if NOBODY in added.owners:
        raise DataError("no phase learns from some of these images; add looks that the phases' sets name")
    known = {look.tobytes() for look in embeddings.astype(np.float16)}  # as a file keeps them
    new = np.array([look.tobytes() not in known for look in added.embeddings.astype(np.float16)])
    write_looks(
        told.looks,
        np.concatenate([embeddings, added.embeddings[new]]),
        np.concatenate([owners, added.owners[new]]),
    )
    models = tuple(replace(one, reach=reaches.get(one.name, one.reach)) for one in told.models)
    return write_specialists(weights, Specialists(models, told.looks, checksum(told.looks)))
