"""Whether a prediction would work here: machine, device, weights, folders."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from .. import __version__
from ..errors import MediarError, UsageError
from ..network.engines import choose_device, load_engines
from ..network.weights import find_weights
from ..system import machine


def doctor(weights: str, device: Literal["auto", "cpu", "cuda"], output: Path | None) -> int:
    """Prints a line per finding; 0 where a prediction would work, else 2."""
    print(f"mediar-box {__version__}, Python {platform.python_version()}, {platform.platform(terse=True)}")
    print(
        f"machine: {machine.cpu_name()}, {machine.cpu_limit()} CPU threads, "
        f"{machine.memory_limit() / 1e9:.1f} GB of memory, {machine.memory_available() / 1e9:.1f} GB free"
    )
    healthy = True
    for check in (lambda: check_network(weights, device), lambda: check_folder(output)):
        try:
            check()
        except MediarError as error:
            healthy = False
            print(f"FAULT {error}")
    print("ready: a prediction would work here" if healthy else "not ready: mend the faults above")
    return 0 if healthy else 2


def check_network(weights: str, device: Literal["auto", "cpu", "cuda"]) -> None:
    """Loads the models, whose checksums are compared on the way, and runs a window through each."""
    chosen = choose_device(device)
    print(chosen.reason)
    found = find_weights(weights)
    specialists = found.specialists.models if found.specialists else ()
    members = (*found.members, *(one.member for one in specialists))
    engines = load_engines(replace(found, members=members), chosen)
    for member, engine in zip(members, engines, strict=True):
        window = np.zeros((1, 3, 512, 512), np.float32)
        engine(window)
        began = time.monotonic()
        engine(window)
        print(
            f"weights: {found.name}/{member.file.name}, sha256 {member.sha256}, "
            f"{time.monotonic() - began:.3f} s per window"
        )

    if found.specialists:
        looks, _ = found.specialists.known
        names = ", ".join(one.name for one in specialists)
        print(f"specialists: {names}; which images are theirs is told by {len(looks)} that are known")


def check_folder(output: Path | None) -> None:
    """Says whether results could be written to `output`, which a prediction makes; raises UsageError."""
    if output is None:
        return
    there = next(place for place in (output, *output.absolute().parents) if place.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise UsageError(f"{output}: can't be written; mount it writable or choose another")
    print(f"output: {output} can be {'written' if there == output else 'made'}")
