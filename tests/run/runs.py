"""Runs over a folder `in` with labels in `out`; any engine stands for the pair."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from app.network.inference import Network
from app.read import find_images
from app.run.folder import Run
from app.run.names import output_stems
from app.run.predict import make_output
from app.settings import Job


def run(job: Job, engine: object, **of_network: Any) -> tuple[int, Run]:
    images = find_images(job.inputs)
    make_output(job.output)
    one = Run(job, output_stems(images), "weights", lambda: Network([engine], job.windows, **of_network))
    return one.over(images), one


def job(folder: Path, **changes: Any) -> Job:
    return replace(Job((folder / "in",), folder / "out", budget="none", quiet=True), **changes)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "out").iterdir())
