"""A run that another program started and watches: JSON lines out, and an end when that program ends."""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import dataclass
from threading import Thread


@dataclass(frozen=True)
class Step:
    """How far a run is."""

    progress: float  # 0 to 1
    steps: int
    loss: float
    f1: float  # the best so far, on the images that judge

    def tell(self) -> None:
        """One JSON line on standard output."""
        line = {"progress": round(self.progress, 4), "steps": self.steps, "loss": self.loss, "f1": self.f1}
        print(json.dumps(line), flush=True)


def stop_with_input() -> None:
    """The end of standard input counts as Ctrl-C: the program that watches wants no more, or is gone."""

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        os.kill(os.getpid(), signal.SIGINT)

    # what a shell starts in the background ignores Ctrl-C, and so does all that it starts
    signal.signal(signal.SIGINT, signal.default_int_handler)
    Thread(target=wait, name="input", daemon=True).start()
