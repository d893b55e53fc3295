"""The network without its weights, in a form that a CPU runs without torch.

    weights/graphs/<architecture>.npz
    ├── xml        the OpenVINO graph for one window, `(1, 3, 512, 512)` → `(1, 3, 512, 512)`
    ├── constants  the few kilobytes that belong to the graph: axes, shapes, scales
    └── keys, shapes   the state dict's tensors, in the order in which the graph expects their bytes

The graph is made once per architecture (`app.network.engines.export`), since only
torch can tell it. Filling it with a state dict is a copy, so weights stay in
one file of one format, and nothing derived from them can grow stale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import WeightsError
from ..architecture import Architecture
from .carried import CARRIED

GRAPHS = CARRIED / "graphs"
COUNTERS = (
    ".num_batches_tracked"  # of batch norms; a trained network keeps them, a prediction has no use for them
)


@dataclass(frozen=True)
class Graph:
    """A network's graph, and which tensors of a state dict fill it."""

    xml: bytes
    constants: NDArray[np.uint8]
    shapes: Mapping[str, tuple[int, ...]]  # in the graph's order

    @classmethod
    def load(cls, architecture: Architecture, folder: Path = GRAPHS) -> Graph:
        """Reads the graph of `architecture`; raises WeightsError where the folder has none."""
        path = folder / f"{architecture.name}.npz"
        if not path.is_file():
            raise WeightsError(
                f"{path}: no graph of {architecture.name} for the CPU; "
                f"run `python -m app.network.engines.export` on the weights where torch is installed"
            )
        with np.load(path) as file:
            shapes = (tuple(int(n) for n in shape.split()) for shape in file["shapes"].tolist())
            return cls(
                file["xml"].tobytes(),
                file["constants"],
                dict(zip(file["keys"].tolist(), shapes, strict=True)),
            )

    def save(self, architecture: Architecture, folder: Path = GRAPHS) -> Path:
        """Writes the graph where `load` finds it."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{architecture.name}.npz"
        np.savez_compressed(
            path,
            xml=np.frombuffer(self.xml, np.uint8),
            constants=self.constants,
            keys=np.array(list(self.shapes)),
            shapes=np.array([" ".join(map(str, shape)) for shape in self.shapes.values()]),
        )
        return path

    def check(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        """As strict as torch: ValueError unless exactly the graph's tensors are there, in its shapes."""
        found = {key: shape for key, shape in shapes.items() if not key.endswith(COUNTERS)}
        wrong = sorted(
            key for key in self.shapes.keys() | found.keys() if self.shapes.get(key) != found.get(key)
        )
        if wrong:
            key = wrong[0]
            raise ValueError(
                f"{len(wrong)} tensors differ from a MEDIAR-Former's, the first is {key}: "
                f"{found.get(key, 'absent')} instead of {self.shapes.get(key, 'nothing')}"
            )

    def fill(self, state: Mapping[str, NDArray[np.generic]]) -> NDArray[np.uint8]:
        """The graph's bytes of weights, float32, from a state dict of any float type."""
        self.check({key: tensor.shape for key, tensor in state.items()})
        tensors = [
            np.ascontiguousarray(state[key], np.float32).reshape(-1).view(np.uint8) for key in self.shapes
        ]
        return np.concatenate([self.constants, *tensors])
