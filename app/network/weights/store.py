"""Takes weights in: the published checkpoints of a user, and the compact pair of a training."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ...errors import WeightsError
from ...system.files import make_folder
from ..architecture import OFFICIAL, Architecture
from .carried import CARRIED
from .graph import Graph
from .index import Weights, from_index, user_folder, write_index
from .member import Member
from .states import State, checksum, read_state, write_state

logger = logging.getLogger(__name__)
PUBLISHED = {  # md5 as third parties report them; the authors give none
    "from_phase1.pth": "e0ccb052828a9f05e21b2143939583c5",
    "from_phase2.pth": "a595336926767afdf1ffb1baffd5ab7f",
}
MEGABYTE = 1_000_000
HALF_LIMIT = 65504  # the largest value of float16
COMPACT_LIMIT = 16 * MEGABYTE  # bytes, of each file that the repository carries


def import_official(paths: Sequence[Path], folder: Path | None = None) -> Path:
    """Checks the published checkpoints and stores them where `official` is looked for; returns that folder.

    They are kept in float32, bit for bit, as safetensors. Another sum than the
    reported one is warned of; another architecture is a WeightsError, and so
    are two files of one stem or a folder that can't be made.
    """
    folder = folder or user_folder() / "official"
    if len({path.stem for path in paths}) < len(paths):
        both = " and ".join(map(str, paths))
        raise WeightsError(f"{both}: would be stored under one name; give two files of different names")
    make_folder(folder, WeightsError, "set XDG_DATA_HOME to a folder that can be written")
    states = [checked(path, OFFICIAL) for path in paths]
    members = []
    for path, state in zip(paths, states, strict=True):
        md5 = checksum(path, "md5")
        if md5 not in PUBLISHED.values():
            logger.warning(
                "%s: md5 %s is not that of a published checkpoint; imported all the same", path, md5
            )
        target = folder / f"{path.stem}.safetensors"
        write_state(target, state, {"source": path.name, "md5": md5})
        members.append(member_entry(target, OFFICIAL))
    write_index(
        folder,
        "official",
        {
            "members": members,
            "licence": "unstated by the authors",
            "training_data": "as the authors describe (arXiv 2212.03465); non-commercial use only",
        },
    )
    return folder


def save_compact(
    states: Mapping[str, State],
    architecture: Architecture,
    card: Mapping[str, object],
    *,
    name: str = "compact",
    folder: Path = CARRIED,
) -> Weights:
    """Writes `states` (file stem → state dict) in half precision, and their entry in the folder's index.

    `card` is what the entry tells beside the files: licence, training_data,
    scores. Raises WeightsError where a value is not finite, a tensor is not of
    `architecture`, or a file is over COMPACT_LIMIT.
    """
    folder.mkdir(parents=True, exist_ok=True)
    members = [save_member(folder, stem, state, architecture).to_dict() for stem, state in states.items()]
    write_index(folder, name, {"members": members, **card})
    return from_index(folder, name)


def save_member(folder: Path, stem: str, state: State, architecture: Architecture) -> Member:
    """Writes one state dict in half precision; raises as `save_compact`."""
    target = folder / f"{stem}.safetensors"
    check(stem, state, architecture)
    write_state(target, {key: halved(key, value) for key, value in state.items()}, {"name": stem})
    if target.stat().st_size > COMPACT_LIMIT:
        raise WeightsError(
            f"{target}: {target.stat().st_size / MEGABYTE:.1f} MB, over the 16 MB of a carried file"
        )
    return Member(target, architecture, checksum(target))


def halved(key: str, value: np.ndarray) -> np.ndarray:
    """Floats as float16, counters as they are; float32 where a value is too large, as variances are at times.

    Raises WeightsError for NaN and infinite values.
    """
    if not np.issubdtype(value.dtype, np.floating):
        return value
    if not np.isfinite(value).all():
        raise WeightsError(f"{key}: holds NaN or infinite values; the training has diverged, train again")
    return value.astype(np.float16 if np.abs(value).max(initial=0) <= HALF_LIMIT else np.float32)


def checked(path: Path, architecture: Architecture) -> State:
    """A checkpoint's state dict, if it is of `architecture`."""
    state = read_state(path)
    check(str(path), state, architecture)
    return state


def check(name: str, state: State, architecture: Architecture) -> None:
    """WeightsError unless `state` holds exactly the tensors of `architecture`."""
    try:
        Graph.load(architecture).check({key: value.shape for key, value in state.items()})
    except ValueError as cause:
        raise WeightsError(f"{name}: not weights of {architecture.name}: {cause}") from cause


def member_entry(file: Path, architecture: Architecture) -> dict[str, object]:
    """A member as the index tells it."""
    return Member(file, architecture, checksum(file)).to_dict()
