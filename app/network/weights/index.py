"""Which files a name stands for, and whether they are what they should be.

weights/index.json                     carried by the repository: `compact`
/opt/weights                           may be mounted into a container: `official`
$XDG_DATA_HOME/mediar-box/weights      where `weights import` puts `official`
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ... import COMMAND
from ...errors import WeightsError
from ..architecture import Architecture
from .calibration import Calibration
from .carried import CARRIED
from .member import Member
from .specialists import Specialists
from .states import SUFFIXES, checksum, read_shapes

MOUNTED = Path("/opt/weights")
INDEX = "index.json"
NUMBERS = re.compile(r"\[([\s\d.,eE+-]+)\]")  # a list of them stands on one line


@dataclass(frozen=True)
class Weights:
    """The models whose mean is the prediction."""

    name: str
    members: tuple[Member, ...]
    calibration: Calibration | None = None  # what follows the network; None is the defaults of settings.py
    specialists: Specialists | None = None  # who take the pair's place for images of some looks

    @property
    def identity(self) -> str:
        """Says exactly which weights made a label; the same for the same bytes wherever they lie."""
        more = [f"specialists {self.specialists.digest}"] if self.specialists else []
        more += [f"settings {self.calibration.digest}"] if self.calibration else []
        return "+".join([*(member.sha256[:16] for member in self.members), *more])


def find_weights(name_or_path: str) -> Weights:
    """`compact`, `official`, or a folder or file of weights; raises WeightsError.

    Nothing is verified yet: the checksums are, where the engines load.
    """
    if name_or_path == "compact":
        return from_index(CARRIED, "compact")
    if name_or_path == "official":
        for folder in (MOUNTED, user_folder() / "official"):
            if any(weights_files(folder)) or (folder / INDEX).is_file():
                return from_folder(folder, "official")
        raise WeightsError(
            "official: these weights are not here; get from_phase1.pth and from_phase2.pth from their "
            f"authors, then run `{COMMAND} weights import from_phase1.pth from_phase2.pth`"
        )
    path = Path(name_or_path)
    if path.is_dir():
        return from_folder(path, path.name)
    if not path.exists():
        raise WeightsError(f"{path}: no such weights; give compact, official, or a folder or file of weights")
    return Weights(path.stem, (describe(path),))


def from_folder(folder: Path, name: str) -> Weights:
    """By the folder's index where it has one that knows `name`, else every weights file in it, sorted."""
    if (folder / INDEX).is_file():
        known = read_index(folder)
        if name in known or len(known) == 1:
            return from_index(folder, name if name in known else next(iter(known)))
    files = weights_files(folder)
    if not files:
        raise WeightsError(f"{folder}: holds no weights; expected {' or '.join(SUFFIXES)} files")
    return Weights(name, tuple(describe(file) for file in files))


def weights_files(folder: Path) -> Sequence[Path]:
    """The .safetensors files of a folder, or else its .pth, or else its .pt files, sorted."""
    for suffix in SUFFIXES:
        files = sorted(file for file in folder.glob(f"*{suffix}") if file.is_file())
        if files:
            return files
    return []


def from_index(folder: Path, name: str) -> Weights:
    """The entry `name` of a folder's index."""
    entry = read_index(folder).get(name)
    if entry is None:
        raise WeightsError(f"{folder / INDEX}: knows no weights named {name}; restore the folder")
    try:
        members = tuple(Member.from_dict(folder, member) for member in entry["members"])
        told = entry.get("calibration")
        calibration = None if told is None else Calibration.from_dict(told)
        told = entry.get("specialists")
        specialists = None if told is None else Specialists.from_dict(folder, told)
    except (KeyError, TypeError, ValueError) as cause:
        raise WeightsError(
            f"{folder / INDEX}: the entry {name} is incomplete ({cause}); restore the folder"
        ) from cause
    for file in (*(member.file for member in members), *(specialists.files if specialists else ())):
        if not file.is_file():
            raise WeightsError(f"{file}: the index names this file, and it is not there; restore the folder")
    return Weights(name, members, calibration, specialists)


def read_index(folder: Path) -> dict[str, Any]:
    """A folder's index by name; empty where there is none."""
    path = folder / INDEX
    try:
        return dict(json.loads(path.read_text())) if path.is_file() else {}
    except (OSError, ValueError, TypeError) as cause:
        raise WeightsError(f"{path}: can't be read: {cause}; restore the folder") from cause


def write_index(folder: Path, name: str, entry: Mapping[str, object]) -> None:
    """Adds or replaces one entry of a folder's index."""
    from ...system.files import whole_file

    index = {**read_index(folder), name: entry}
    with whole_file(folder / INDEX) as partial:
        text = json.dumps(index, indent=2, ensure_ascii=False)
        partial.write_text(NUMBERS.sub(lambda found: f"[{' '.join(found[1].split())}]", text) + "\n")


def write_calibration(weights: Weights, calibration: Calibration | None, told: Mapping[str, object]) -> Path:
    """Puts `calibration`, and what is `told` of its making, into the entry of weights; None takes it out.

    A folder without an index gets one. Returns the index; WriteError where it can't be written.
    """
    return put(weights, "calibration", None if calibration is None else {**calibration.to_dict(), **told})


def write_specialists(weights: Weights, specialists: Specialists | None) -> Path:
    """The same for `specialists`, whose files lie in the folder of the weights."""
    return put(weights, "specialists", None if specialists is None else specialists.to_dict())


def put(weights: Weights, key: str, value: Mapping[str, object] | None) -> Path:
    """One key of the entry of weights; without a value it is taken out. Returns the index."""
    folder = weights.members[0].file.parent
    entry = dict(read_index(folder).get(weights.name, {"members": [m.to_dict() for m in weights.members]}))
    entry.pop(key, None)
    if value is not None:
        entry[key] = value
    write_index(folder, weights.name, entry)
    return folder / INDEX


def describe(path: Path) -> Member:
    """A member that no index knows; its own sum stands in the record."""
    try:
        architecture = Architecture.from_shapes(read_shapes(path))
    except ValueError as cause:
        raise WeightsError(f"{path}: {cause}; give weights of a MEDIAR-Former with a MiT encoder") from cause
    return Member(path, architecture, checksum(path))


def user_folder() -> Path:
    """Where a user's own weights are kept."""
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "mediar-box" / "weights"
