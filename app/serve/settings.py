"""Every limit of the server, frozen, with units."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Limits:
    """What clients may ask for."""

    upload: int = 8 << 30  # bytes of one image's file
    spare: int = 1 << 30  # bytes of the disk that uploads leave free
    images: int = 2000  # in one folder
    body: int = 1 << 20  # bytes of a JSON body
    patience: float = 60.0  # s without a byte until an upload is given up
    uploads: int = 4  # at once
    connections: int = 128  # at once; the page needs some ten
    points: int = 5000  # of a drawn outline
    name: int = 120  # characters of an image's name that are kept
    attempts: int = 2  # starts of a job that ended with the process; a third would be a crash loop
    minutes: float = 60.0  # of one tuning


@dataclass(frozen=True)
class Serving:
    """One call of `serve`."""

    output: Path  # saved files; beside them the folder `session` with everything else
    host: str = "127.0.0.1"
    port: int = 8000  # 0: any that is free
    inputs: tuple[Path, ...] = ()  # images to begin with
    weights: str = "compact"  # or "official", or a path
    device: str = "auto"
    budget: str = "challenge"  # seconds per image, as `predict` takes it
    scales: str = "auto"
    limits: Limits = Limits()

    @property
    def session(self) -> Path:
        """Where images, fields and corrections lie."""
        return self.output / "session"

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host in ("127.0.0.1", "localhost", "::1")
