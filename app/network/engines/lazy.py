"""An engine that is loaded by a thread, and waited for only where it is used."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from . import Engine


class LazyEngine:
    """Stands for the engine that `future` will give."""

    def __init__(self, name: str, future: Future[Engine]) -> None:
        self.name = name
        self.future = future

    @property
    def batch(self) -> int:
        """Waits for the engine, which alone knows."""
        return self.future.result().batch

    def __call__(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """As the engine; raises what its loading raised."""
        return self.future.result()(windows)

    def look(self) -> None:
        """As the engine, of those that have it."""
        engine: Any = self.future.result()
        engine.look()

    @property
    def embedding(self) -> NDArray[np.float32] | None:
        """As the engine's, of those that have it."""
        engine: Any = self.future.result()
        found: NDArray[np.float32] | None = engine.embedding
        return found

    def on_device(self, steps: Any) -> Any:
        """As the engine, of those that have it."""
        engine: Any = self.future.result()
        return engine.on_device(steps)
