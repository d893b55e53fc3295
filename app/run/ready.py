"""An image that is open and claimed: what passes from the reader to the network and the finisher."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..read import ImageSource
from ..system.files import Partial
from ..write.labels import Record


@dataclass(frozen=True)
class Ready:
    """An image that was opened, is not done yet, and is ours to do."""

    path: Path
    stem: str  # of everything that is written for it
    source: ImageSource
    partial: Partial  # the claim, and the label file to be
    record: Record
    seconds: float  # that opening took

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.source.info.height, self.source.info.width

    def close(self) -> None:
        """Lets go of the file and, where nothing was published, of the claim."""
        self.source.close()
        self.partial.drop()
