"""What `predict` would do with each image, without doing it; nothing is written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..errors import ImageError, UsageError
from ..network import Weights, budget_seconds, parse_scales
from ..network.clock import Speed
from ..network.closer import may_pay
from ..network.ladder import Rung, ladder, published, steps_of
from ..network.scales import CLOSEST, worth_running
from ..read import ImageInfo, find_images, find_stacks, open_image, open_stack
from ..settings import Job
from ..system import machine
from ..write.labels import SUFFIX
from .calibrated import calibrated, chosen_weights
from .memory import Need, plan_memory
from .names import output_stems, shard
from .stacks import check_stack


def preview(job: Job) -> int:
    """Prints a paragraph per image; 1 where one could not be read, else 0."""
    budget_seconds(job.budget, 1, 1)
    check_stack(job)
    images = find_stacks(job.inputs, job.stack) if job.stack else find_images(job.inputs)
    if not images:
        asked = ", ".join(map(str, job.inputs))
        raise UsageError(f"{asked}: no images found; see the README for the formats")
    stems = output_stems(images)
    weights = chosen_weights(job.weights, job.settings, job.scales, job.specialist)
    job = calibrated(job, weights)
    unreadable = 0
    for path in shard(images, job.shard):
        label = job.output / (stems[path] + SUFFIX)
        try:
            lines = about_stack(job, path, weights) if job.stack else about_image(job, path, weights)
        except ImageError as error:
            print(f"{error}\n")
            unreadable += 1
            continue
        print(f"{path} → {label}{' (there already)' if label.exists() else ''}")
        for line in lines:
            print(f"  {line}")
        print()
    return 1 if unreadable else 0


def about_image(job: Job, path: Path, weights: Weights) -> list[str]:
    """A paragraph on one image; raises ImageError."""
    with open_image(path, channels=job.channels, page=job.page) as source:
        info = source.info
    return paragraph(job, info, plan_memory(job, info, machine.memory_limit()), weights)


def about_stack(job: Job, path: Path, weights: Weights) -> list[str]:
    """A paragraph on one stack, then one on each of its planes; raises ImageError."""
    assert job.stack
    stack = open_stack(path, job.stack, channels=job.channels)
    planes, info = len(stack.planes), stack.info
    between = "" if stack.spacing_um is None else f", {stack.spacing_um:.4g} µm apart"
    budget = budget_seconds(job.budget, info.height, info.width)
    need = plan_memory(replace(job, save=()), info, machine.memory_limit())
    return [
        f"{planes} planes along {stack.axis.upper()}{between}, then joined; each plane:",
        *(f"note: {note}" for note in stack.notes),
        *paragraph(job, info, need, weights),
        f"all planes: {'no limit' if budget is None else f'{planes * budget:.1f} s'}",
    ]


def paragraph(job: Job, info: ImageInfo, need: Need, weights: Weights) -> list[str]:
    """How one file is understood, and what it would take."""
    shape = info.height, info.width
    pixel = "no pixel size"
    if info.pixel_size_um is not None:
        pixel = "pixel {:.4g} × {:.4g} µm".format(*info.pixel_size_um)
    budget = budget_seconds(job.budget, *shape)
    told = weights.specialists
    models = 1 if told and told.rest else len(weights.members)
    asked = parse_scales(job.scales)
    scales = worth_running(asked, shape)
    full = published(models, job.windows, scales)
    if budget is not None:
        full = ladder(steps_of(weights), models, job.windows, scales)[0]
    closer = f"; scale {CLOSEST:g}, too, where cells are small" if may_pay(asked, shape) else ""
    return [
        f"{info.height} × {info.width}, axes {info.axes}, {info.channels} channels, {info.dtype}, {pixel}",
        *(f"note: {note}" for note in info.notes),
        f"time: {'no limit' if budget is None else f'{budget:.1f} s'}; {describe(full, shape, job)}{closer}",
        *specialists(weights),
        f"memory: about {need.bytes / 1e9:.1f} GB, {'in bands' if need.banded else 'whole'}",
    ]


def specialists(weights: Weights) -> list[str]:
    """Who may see the image: that is known once it was looked at."""
    told = weights.specialists
    if told is None:
        return []
    names = " or ".join(one.name for one in told.models)
    return [
        f"by {names}, as it looks"
        if told.rest
        else f"or by a specialist alone, where it is of a look of {names}"
    ]


def describe(rung: Rung, shape: tuple[int, int], job: Job) -> str:
    """The best plan in words; what fits the time is known once the first windows were run."""
    scales = " ".join(f"{scale:g}" for scale in rung.scales)
    plan = f"up to {rung.passes} passes at overlap {rung.overlap:g}, scales {scales}"
    plan = f"{plan}, {rung.count(shape, job.windows)} windows"
    rest = Speed().rest(shape[0] * shape[1], 1)
    return f"{plan}, then {rest:.1f} s of tracking"
