"""What foreign readers say goes to the notes of an image, not to the user's screen."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator

FOREIGN = logging.getLogger("tifffile")


class Listener(logging.Handler):
    """Collects warnings and errors, one line each."""

    def __init__(self, heard: list[str]) -> None:
        super().__init__(logging.WARNING)
        self.heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        message = " ".join(record.getMessage().split())
        self.heard.append(f"tifffile: {message[:160]}")


@contextlib.contextmanager
def quiet() -> Iterator[list[str]]:
    """Silences tifffile's log and all Python warnings; yields what tifffile had to say."""
    heard: list[str] = []
    handler = Listener(heard)
    propagate = FOREIGN.propagate
    FOREIGN.addHandler(handler)
    FOREIGN.propagate = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield heard
    finally:
        FOREIGN.removeHandler(handler)
        FOREIGN.propagate = propagate
