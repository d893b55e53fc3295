"""Runs over a folder `in` with labels in `out`, on workers."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.cluster.folder import ClusterRun
from app.read import find_images
from app.run.names import output_stems
from app.run.predict import make_output
from app.settings import Job, Windows
from tests.run.runs import job


def on_workers(asked: Job, maker: Any, workers: int = 2) -> tuple[int, ClusterRun]:
    images = find_images(asked.inputs)
    make_output(asked.output)
    one = ClusterRun(replace(asked, workers=workers), output_stems(images), "weights", maker)
    return one.over(images), one


def sums(folder: Path) -> dict[str, str]:
    """sha256 of everything in `out`, by name."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (folder / "out").iterdir()}


def small(folder: Path, **changes: Any) -> Job:
    """A job that is over soon: one scale, small windows, as `makers.Blobs` has them."""
    return replace(job(folder, windows=Windows(size=128), scales="1"), **changes)
