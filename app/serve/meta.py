"""What is known of one image, as it lies in its folder."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from ..system.files import whole_file
from .thresholds import Thresholds

FILE = "image.json"
State = Literal["queued", "working", "ready", "failed"]


@dataclass(frozen=True)
class Meta:
    """One image; replaced as a whole whenever something of it changes."""

    name: str  # as its file was called; unique in the session
    file: str  # in the image's folder
    sha256: str
    added: float  # s since 1970; the order in which images are shown and done
    state: State = "queued"
    error: str = ""  # where it failed
    attempts: int = 0  # at the job that is going on
    height: int = 0  # px; 0 until it was opened
    width: int = 0
    notes: tuple[str, ...] = ()  # what the reader has to say
    weights: str = ""  # a name of `learning.known`, "" for those of the command line
    thresholds: Thresholds = field(default_factory=Thresholds)
    fields: str = ""  # names the folder of what the network said; "" where it has not been run
    cells: str = ""  # and that of the cells that were tracked of it
    made: tuple[float, float] = (0.0, 0.0)  # thresholds that they were tracked with
    made_with: str = ""  # weights, in words
    passes: str = ""
    checked: bool | None = None  # whether a person said that all its cells are right

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width, px."""
        return self.height, self.width

    def write(self, folder: Path) -> None:
        """Whole, or the one before stays."""
        with whole_file(folder / FILE) as partial:
            partial.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Meta:
        """Raises ValueError, KeyError or OSError where it isn't there or is of another make."""
        values: dict[str, Any] = json.loads((folder / FILE).read_text(encoding="utf-8"))
        values = {one.name: values[one.name] for one in fields(cls) if one.name in values}
        values["thresholds"] = Thresholds(**values["thresholds"])
        values["notes"], values["made"] = tuple(values["notes"]), tuple(values["made"])
        return cls(**values)
