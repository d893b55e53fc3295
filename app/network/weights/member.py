"""One file of weights, and whether it is what it should be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import WeightsError
from ..architecture import Architecture
from .states import checksum


@dataclass(frozen=True)
class Member:
    """One model of the pair."""

    file: Path
    architecture: Architecture
    sha256: str

    @classmethod
    def from_dict(cls, folder: Path, values: Mapping[str, Any]) -> Member:
        """The inverse of `to_dict`; raises KeyError, TypeError or ValueError where it is none."""
        architecture = Architecture.from_dict(values["architecture"])
        return cls(folder / str(values["file"]), architecture, str(values["sha256"]))

    def to_dict(self) -> dict[str, object]:
        """As the index tells it."""
        return {
            "file": self.file.name,
            "architecture": self.architecture.to_dict(),
            "sha256": self.sha256,
        }

    def verify(self) -> None:
        """WeightsError where the file is not the one that the index describes."""
        same(self.file, self.sha256)


def same(file: Path, sha256: str) -> None:
    """WeightsError where `file` has another sum."""
    found = checksum(file)
    if found != sha256:
        raise WeightsError(
            f"{file}: damaged or replaced: its sha256 begins {found[:12]}, "
            f"the index says {sha256[:12]}; fetch or export it again"
        )
