"""One phase of training as a frozen dataclass, read from a small TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_origin, get_type_hints

from app.errors import UsageError
from app.network.architecture import Architecture
from app.network.weights import find_weights

KINDS: Mapping[Any, Any] = {float: (float, int)}  # what else a setting may be in TOML: 1 for 1.0
SHAPE = {"encoder", "decoder", "pab", "stages"}  # of the network


@dataclass(frozen=True)
class Phase:
    """Everything that decides what a phase makes; seeds included."""

    name: str
    steps: int
    sets: Mapping[str, float]  # set, "set/rgb", "set/gray" or pattern of "set/id" → share of the samples
    replay: Mapping[str, float] = field(default_factory=dict)  # one more sample a batch, from these
    clusters: str = ""  # CSV of `discover` beside the checkpoints; minor clusters are over-sampled
    start: str = ""  # phase, or file of weights, that it begins with; "" = random
    encoder: str = "mit_b0"
    decoder: tuple[int, ...] = (256, 128, 64, 32, 16)
    pab: int = 64
    stages: int = 4  # of the encoder; a short network has 2, its decoder 4 numbers, and pab is 0
    batch: int = 8
    crop: int = 256  # px
    rate: float = 6e-4  # AdamW's peak learning rate
    warmup: int = 200  # steps
    weight_decay: float = 0.02
    clip: float = 1.0  # largest norm of the gradient
    average: float = 0.998  # decay per step of the averaged weights, which are what is saved
    deep_weight: float = 0.0  # of heads on the encoder's last two maps, so that these learn to tell cells
    flow_weight: float = 0.5  # of the flow's MSE beside the probability's BCE (paper, sec. 4)
    edge_weight: float = 0.0  # of pixels within 2 px of a border, beside the 1 of every pixel
    small_weight: float = 0.0  # most that is added to it in and beside a cell of less than 20 px
    zoom: tuple[float, float] = (0.25, 1.5)
    zoom_p: float = 0.5
    speck_p: float = 0.0  # of crops that hold a cell of less than half the image's median diameter
    least_diameter: float = 0.0  # px in the image: smaller cells are left out of the loss
    coarse_p: float = 0.0  # of crops that show no more than an enlarged smaller image would
    target_diameter: tuple[float, float] = (8.0, 120.0)  # px in the crop; cells beyond are rescaled
    # px in the crop: cells up to the first and from the last are background, those of the middle are cells,
    # those between are left out of the loss; the scales of a prediction share the sizes out among them
    trusted: tuple[float, float, float, float] = (4.0, 6.0, 110.0, 150.0)
    intensity_p: float = 0.25  # of each intensity augmentation
    exclude_boundary: bool = False
    save_every: int = 100  # steps
    seed: int = 20221212

    @property
    def architecture(self) -> Architecture:
        """The network's; raises UsageError where its numbers don't fit each other."""
        try:
            return Architecture(self.encoder, self.decoder, self.pab, self.stages)
        except ValueError as cause:
            raise UsageError(f"phase {self.name}: {cause}") from cause

    @classmethod
    def load(cls, path: Path) -> Phase:
        """Reads a TOML file; raises UsageError that names the file and the key.

        Where `start` is a file and nothing of the network's shape is set, the shape is that of the file.
        """
        try:
            values: dict[str, Any] = tomllib.loads(path.read_text())
        except (OSError, ValueError) as cause:  # tomllib's and the decoder's errors are ValueErrors
            raise UsageError(f"{path}: {cause}") from cause
        values.setdefault("name", path.stem)
        unknown = set(values) - {f.name for f in fields(cls)}
        if unknown:
            raise UsageError(f"{path}: unknown setting {', '.join(sorted(unknown))}")
        start = Path(str(values.get("start", "")))
        if start.suffix and start.is_file() and not SHAPE & set(values):
            values |= find_weights(str(start)).members[0].architecture.to_dict()
        for key in ("decoder", "zoom", "target_diameter", "trusted"):
            if isinstance(values.get(key), list):
                values[key] = tuple(values[key])
        for key, hint in get_type_hints(cls).items():
            if key in values and not isinstance(values[key], KINDS.get(hint, get_origin(hint) or hint)):
                raise UsageError(f"{path}: {key} = {values[key]!r} is of the wrong kind; see {__name__}")
        try:
            return cls(**values)
        except TypeError as cause:
            raise UsageError(f"{path}: {cause}") from cause
