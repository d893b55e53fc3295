"""Networks that workers of a test make: quick, and with a fault where one is wanted."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.errors import WeightsError
from app.network import Network
from app.network.engines import Engine
from app.settings import Windows
from tests.conftest import BrightBlobs


class Fragile(BrightBlobs):
    """Dies, or raises, at a window, as often as `times` says; a file per fault counts over all processes."""

    def __init__(self, folder: Path, at: int, times: int, deadly: bool) -> None:
        self.folder, self.left, self.times, self.deadly = folder, at, times, deadly

    def __call__(self, windows: Any) -> Any:
        self.left -= len(windows)
        faults = len(list(self.folder.glob("fault*")))
        if self.left <= 0 and faults < self.times:
            (self.folder / f"fault{faults}").touch()
            if self.deadly:
                os.kill(os.getpid(), signal.SIGKILL)
            raise RuntimeError("a fault")
        return super().__call__(windows)


class Slow(BrightBlobs):
    """Leaves time for a fault from outside."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self, windows: Any) -> Any:
        time.sleep(self.seconds)
        return super().__call__(windows)


@dataclass(frozen=True)
class Blobs:
    """Bright blobs in small windows; with a `folder`, workers fail at window `at` of theirs."""

    folder: Path | None = None
    at: int = 3
    times: int = 1
    deadly: bool = False
    size: int = 128
    seconds: float = 0.0  # that a window takes longer

    def load(self) -> Network:
        """The network, here."""
        engine: Engine = Slow(self.seconds) if self.seconds else BrightBlobs()
        if self.folder is not None:
            engine = Fragile(self.folder, self.at, self.times, self.deadly)
        return Network([engine], Windows(size=self.size))


@dataclass(frozen=True)
class Wrong:
    """A worker whose weights are others."""

    def load(self) -> Network:
        """Raises WeightsError."""
        raise WeightsError("compact: the worker on elsewhere has others; give all of them the same")
