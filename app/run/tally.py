"""What became of the images of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from .finish import Finished


@dataclass
class Tally:
    """Grows while the run goes on; every image ends in exactly one of the three."""

    written: list[Finished] = field(default_factory=list)
    skipped: list[Path] = field(default_factory=list)  # done before
    failed: dict[Path, str] = field(default_factory=dict)  # with the line that said why
