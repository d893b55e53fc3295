"""What the network said of an image, on the disk, so that cells are made of it again without the network.

    fields-ID/flow-1.npy, probability-1.npy   (2, h, w), (h, w) float32 at scale 1, and so on for other
                                              scales; not rounded, so that equal thresholds give equal cells
    fields-ID/made.json                       which scales there are, how they are tracked, and the setting
                                              that the weights' calibration has for the image
    cells-ID/labels.npy                       (H, W) int32, as tracked
    cells-ID/scores.npy, sizes.npy            (N,) float32, (N + 1,) int64
    cells-ID/probability.npy                  (H, W) float32: at each cell as its own scale saw it

A folder appears whole and never changes; which of them count is said by image.json, in one write.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..cells import find_cells, find_cells_in_bands
from ..network import Band, Clock, Network, Progress, Setting, parse_scales, scaled
from ..read import ImageSource
from ..run.memory import band_height, plan_memory
from ..settings import Job
from ..system import machine
from ..system.whole_folder import whole_folder
from .thresholds import Thresholds

ROWS = 1024  # of a slide, that are tracked as they come


def predict(network: Network, source: ImageSource, fields: Path, clock: Clock, scales: str) -> Progress:
    """Runs the network and keeps what it says in the folder `fields`; returns what became of the plan.

    Raises MemoryLimitError where not even bands fit, and whatever `network.on_batch` raises.
    """
    shape = source.info.height, source.info.width
    job = Job((), fields)
    banded = plan_memory(job, source.info, machine.memory_limit()).banded
    height = band_height(shape[1]) if banded else shape[0]
    progress = network.plan(source, shape, clock, network.scales(parse_scales(scales)))
    with whole_folder(fields) as partial:
        for scale in network.each_scale(shape, clock, progress):
            grid = scaled(shape, scale)
            flow = create(partial / f"flow-{scale:g}.npy", (2, *grid))
            probability = create(partial / f"probability-{scale:g}.npy", grid)
            y = 0
            for its_flow, its_probability in network.bands(source, shape, clock, progress, scale, height):
                bottom = y + len(its_probability)
                flow[:, y:bottom], probability[y:bottom] = its_flow, its_probability
                y = bottom
        setting = network.setting(progress)
        made = {"shape": shape, "scales": progress.rung.scales, "banded": banded}
        made["setting"] = setting.to_dict()
        (partial / "made.json").write_text(json.dumps(made))
    return progress


def setting_of(fields: Path) -> Setting:
    """What was chosen for the weights and an image like that of `fields`; the defaults where nothing was."""
    try:
        return Setting.from_dict(json.loads((fields / "made.json").read_text())["setting"])
    except (OSError, ValueError, KeyError, TypeError):  # there are none yet, or those of a version before
        return Setting()


def make_cells(fields: Path, cells: Path, wanted: Thresholds, tracks_on: str = "cpu") -> None:
    """Tracks what is in the folder `fields` and makes the folder `cells` of it."""
    made = json.loads((fields / "made.json").read_text())
    setting = setting_of(fields)
    setting = replace(setting, tracking=wanted.tracking(setting.tracking))
    shape = tuple(made["shape"])
    scales = tuple(scale for scale, _ in setting.heard([(scale, None) for scale in made["scales"]]))
    with whole_folder(cells) as partial:
        work = track_in_bands if made["banded"] else track_whole
        scores, sizes = work(fields, partial, shape, scales, setting, tracks_on)
        np.save(partial / "scores.npy", scores)
        np.save(partial / "sizes.npy", sizes)


Made = tuple[NDArray[np.float32], NDArray[np.int64]]  # scores (N,), sizes (N + 1,)


def track_whole(
    fields: Path,
    into: Path,
    shape: tuple[int, int],
    scales: tuple[float, ...],
    setting: Setting,
    tracks_on: str,
) -> Made:
    """An image that fits in memory."""
    bands = [(scale, open_band(fields, scale)) for scale in scales]
    found = find_cells(bands, shape, setting.tracking, setting.merging, tracks_on)
    np.save(into / "labels.npy", found.labels)
    np.save(into / "probability.npy", found.probability)
    return found.scores, np.bincount(found.labels.ravel(), minlength=len(found.scores) + 1)


def track_in_bands(
    fields: Path,
    into: Path,
    shape: tuple[int, int],
    scales: tuple[float, ...],
    setting: Setting,
    tracks_on: str,
) -> Made:
    """A slide; memory grows with its width."""
    scores: list[NDArray[np.float32]] = [np.zeros(0, np.float32)]
    sizes = np.zeros(1, np.int64)
    labels = np.lib.format.open_memmap(into / "labels.npy", "w+", np.int32, shape)
    given = [(scale, scaled(shape, scale), rows_of(open_band(fields, scale))) for scale in reversed(scales)]
    y = 0
    follows = setting.tracking, setting.merging
    for rows in find_cells_in_bands(given, shape, *follows, into, scores.append, tracks_on):
        labels[y : y + len(rows)] = rows
        y += len(rows)
        here = np.bincount(rows.ravel(), minlength=len(sizes))
        here[: len(sizes)] += sizes
        sizes = here
    probability = create(into / "probability.npy", shape)
    _, finest = open_band(fields, scales[0])
    for y in range(0, shape[0], ROWS):
        ys, xs = grid_of(range(y, min(y + ROWS, shape[0])), shape[1], scales[0])
        probability[y : y + ROWS] = finest[ys[:, None], xs]
    all_scores = np.concatenate(scores)
    return all_scores, np.pad(sizes, (0, len(all_scores) + 1 - len(sizes)))


def grid_of(rows: range, width: int, scale: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns on a scale's own grid of an image's pixels."""
    ys, xs = (((np.array(axis) + 0.5) * scale).astype(np.intp) for axis in (rows, range(width)))
    return ys, xs


def create(path: Path, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """A new array on the disk."""
    array: NDArray[np.float32] = np.lib.format.open_memmap(path, "w+", np.float32, shape)
    return array


def open_band(fields: Path, scale: float) -> Band:
    """Flow and probability of one scale; what a reader changes is not written back."""
    # "c": kernels are compiled anew for arrays that can't be written
    flow, probability = (
        np.asarray(np.load(fields / f"{name}-{scale:g}.npy", mmap_mode="c"))
        for name in ("flow", "probability")
    )
    return flow, probability


def rows_of(band: Band) -> Iterator[Band]:
    """A scale from the top, in bands."""
    flow, probability = band
    for y in range(0, len(probability), ROWS):
        yield np.array(flow[:, y : y + ROWS]), np.array(probability[y : y + ROWS])
