"""The main job: checks everything that would stop all images, then runs over them."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from threading import Thread

from ..cells import warm_up
from ..errors import UsageError
from ..network import Network, budget_seconds, choose_device, parse_scales
from ..read import find_images, find_stacks
from ..settings import Job
from ..system.files import clear_up, make_folder
from .calibrated import calibrated, chosen_weights, in_words
from .folder import Run
from .names import output_stems, shard
from .stacks import StackRun, check_stack

logger = logging.getLogger(__name__)


Hand = Callable[[Job, dict[Path, str], str, Callable[[], Network]], Run | StackRun]


def predict(job: Job, hand: Hand | None = None) -> int:
    """Labels every image of `job`; returns the exit status.

    `hand` makes the run that does them, of the calibrated job, the stems of the
    results, the identity of the weights and what loads them; this process where there is none.
    Raises UsageError, WeightsError or DeviceError before any image is touched.
    """
    exact = budget_seconds(job.budget, 1, 1) is None
    parse_scales(job.scales)
    check_stack(job)
    if any(path.is_dir() and path.resolve() == job.output.resolve() for path in job.inputs):
        raise UsageError(f"{job.output}: holds the images; give another folder for what is made of them")
    images = find_stacks(job.inputs, job.stack) if job.stack else find_images(job.inputs)
    if not images:
        raise UsageError(
            f"{', '.join(map(str, job.inputs))}: no images found; see the README for the formats"
        )
    stems = output_stems(images)
    for path in images:
        if stems[path] != path.name.split(".")[0]:
            logger.info("%s: shares its stem with another image, so it is written as %s", path, stems[path])
    make_output(job.output)
    weights = chosen_weights(job.weights, job.settings, job.scales, job.specialist)
    job = calibrated(job, weights)
    device = choose_device(job.device)
    logger.info("%s; weights %s; %s", device.reason, weights.name, in_words(weights))

    def load() -> Network:
        Thread(target=warm_up, name="warm-up").start()
        return Network.load(weights, device, job.windows, exact=exact)

    run = hand or (StackRun if job.stack else Run)
    return run(job, stems, weights.identity, load).over(shard(images, job.shard))


def make_output(folder: Path) -> None:
    """Makes the output folder, clears up what killed runs left, and makes sure that it can be written."""
    make_folder(folder, UsageError, "choose another output folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"{folder}: can't be written; mount it writable or choose another")
    clear_up(folder)
