"""An engine that is waited for, or loaded, only where it is used."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from . import Engine


class LazyEngine:
    """Stands for the engine that `loaded` gives: at once, or as soon as a thread has it."""

    def __init__(self, name: str, loaded: Callable[[], Engine]) -> None:
        self.name = name
        self.loaded = loaded

    @property
    def batch(self) -> int:
        """Of the engine, which alone knows."""
        return self.loaded().batch

    def __call__(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """As the engine; raises what its loading raised."""
        return self.loaded()(windows)

    def look(self) -> None:
        """As the engine, of those that have it."""
        engine: Any = self.loaded()
        engine.look()

    @property
    def embedding(self) -> NDArray[np.float32] | None:
        """As the engine's, of those that have it."""
        engine: Any = self.loaded()
        found: NDArray[np.float32] | None = engine.embedding
        return found

    def on_device(self, steps: Any) -> Any:
        """As the engine, of those that have it."""
        engine: Any = self.loaded()
        return engine.on_device(steps)
