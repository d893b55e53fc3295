"""What `predict` would do with each image, without doing it; nothing is written."""

from __future__ import annotations

from ..errors import ImageError, UsageError
from ..network import budget_seconds, find_weights, parse_scales
from ..network.clock import Rung, Speed, ladder
from ..network.scales import worth_running
from ..read import ImageInfo, find_images, open_image
from ..settings import Job
from ..system import machine
from ..write.labels import SUFFIX
from .memory import Need, plan_memory
from .names import output_stems, shard


def preview(job: Job) -> int:
    """Prints a paragraph per image; 1 where one could not be read, else 0."""
    budget_seconds(job.budget, 1, 1)
    images = find_images(job.inputs)
    if not images:
        asked = ", ".join(map(str, job.inputs))
        raise UsageError(f"{asked}: no images found; see the README for the formats")
    stems = output_stems(images)
    models = len(find_weights(job.weights).members)
    unreadable = 0
    for path in shard(images, job.shard):
        label = job.output / (stems[path] + SUFFIX)
        try:
            with open_image(path, channels=job.channels, page=job.page) as source:
                info = source.info
            need = plan_memory(job, info, machine.memory_limit())
        except ImageError as error:
            print(f"{error}\n")
            unreadable += 1
            continue
        print(f"{path} → {label}{' (there already)' if label.exists() else ''}")
        for line in paragraph(job, info, need, models):
            print(f"  {line}")
        print()
    return 1 if unreadable else 0


def paragraph(job: Job, info: ImageInfo, need: Need, models: int) -> list[str]:
    """How one file is understood, and what it would take."""
    shape = info.height, info.width
    pixel = "no pixel size"
    if info.pixel_size_um is not None:
        pixel = "pixel {:.4g} × {:.4g} µm".format(*info.pixel_size_um)
    budget = budget_seconds(job.budget, *shape)
    full = ladder(models, job.windows, worth_running(parse_scales(job.scales), shape))[0]
    return [
        f"{info.height} × {info.width}, axes {info.axes}, {info.channels} channels, {info.dtype}, {pixel}",
        *(f"note: {note}" for note in info.notes),
        f"time: {'no limit' if budget is None else f'{budget:.1f} s'}; {describe(full, shape, job)}",
        f"memory: about {need.bytes / 1e9:.1f} GB, {'in bands' if need.banded else 'whole'}",
    ]


def describe(rung: Rung, shape: tuple[int, int], job: Job) -> str:
    """The best plan in words; what fits the time is known once the first windows were run."""
    plan = f"up to {rung.passes} passes at overlap {rung.overlap:g}, {rung.count(shape, job.windows)} windows"
    rest = Speed().rest(shape[0] * shape[1], 1)
    return f"{plan}, then {rest:.1f} s of tracking"
