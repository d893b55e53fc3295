"""The labels of a stack's planes, each in its file, to the files of the whole stack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..read import Plane, Stack, open_image
from ..settings import Job
from ..stack import Film, fill_gaps, link_frames, link_planes, presence, rows, with_patches
from ..stack.drift import SIDE
from ..stack.overlaps import Labels
from ..write.labels import SUFFIX, Record, read_labels
from ..write.stack import write_stack
from ..write.table import write_columns
from ..write.tracks import TrackTable, write_challenge
from ..write.volumes import Volumes

STRIP = 64  # rows of a thinned picture that are read at once


def join(job: Job, stack: Stack, planes: Sequence[Path], into: Path, label: Path, record: Record) -> str:
    """Writes the label file to `into` and the others beside `label`; returns what was found, in words.

    One plane is held at a time, or two or three where they are compared.
    """
    work = join_z if stack.axis == "z" else join_t
    return work(job, stack, planes, into, label, record)


def join_z(job: Job, stack: Stack, planes: Sequence[Path], into: Path, label: Path, record: Record) -> str:
    """Cells through z."""
    volumes = Volumes()

    def linked() -> Iterator[Labels]:
        for labels in link_planes(map(read_labels, planes), job.linking):
            volumes.add(labels)
            yield labels

    count = write_whole(stack, linked(), into, record)
    if "table" in job.save:
        columns = volumes.table(stack.info.pixel_size_um, stack.spacing_um)
        write_columns(columns, beside(label, "_cells.csv"))
    return f"{count} cells in {len(planes)} planes"


def join_t(job: Job, stack: Stack, planes: Sequence[Path], into: Path, label: Path, record: Record) -> str:
    """Tracks through time."""
    film = Film(job.linking)
    for path, plane in zip(planes, stack.planes, strict=True):
        film.add(read_labels(path), picture(plane, job) if job.linking.drift else None)
    tracks = link_frames(film)
    patches = fill_gaps(film, tracks, lambda frame: read_labels(planes[frame]))
    table = TrackTable(tracks.parents)

    def frames() -> Iterator[Labels]:
        for frame, path in enumerate(planes):
            yield with_patches(tracks, patches, frame, read_labels(path))

    def measured() -> Iterator[Labels]:
        for frame, labels in enumerate(frames()):
            table.add(labels, [patch.track for patch in patches.get(frame, [])])
            yield labels

    count = write_whole(stack, measured(), into, record)
    write_columns(table.table(stack.info.pixel_size_um), beside(label, "_tracks.csv"))
    if "ctc" in job.save:
        pieces = rows(presence(tracks, patches), tracks.parents)
        write_challenge(beside(label, "_RES"), frames(), len(planes), *pieces)
    drawn = sum(map(len, patches.values()))
    divisions = len(set(tracks.parents.values()))
    return f"{count} tracks in {len(planes)} frames, {divisions} divisions, {drawn} missed cells put in"


def picture(plane: Plane, job: Job) -> NDArray[np.float32]:
    """`(h, w)` a frame in gray, thinned out to `SIDE` px at most; a strip of it is held at a time."""
    with open_image(plane.path, channels=job.channels, page=plane.page) as source:
        height, width = source.info.height, source.info.width
        step = -(-max(height, width) // SIDE)
        strips = []
        for y in range(0, height, STRIP * step):
            gray = source.rows(y, min(y + STRIP * step, height)).mean(axis=2, dtype=np.float32)
            ys, xs = (np.arange(0, length, step) for length in gray.shape)
            counts = np.diff([*ys, gray.shape[0]])[:, None] * np.diff([*xs, width])
            strips.append(np.add.reduceat(np.add.reduceat(gray, ys, axis=0), xs, axis=1) / counts)
    return np.concatenate(strips).astype(np.float32)


def write_whole(stack: Stack, planes: Iterator[Labels], into: Path, record: Record) -> int:
    """The label file of a stack; returns the number of its cells."""
    return write_stack(
        into,
        planes,
        (len(stack.planes), stack.info.height, stack.info.width),
        stack.axis,
        record,
        pixel_size_um=stack.info.pixel_size_um,
        spacing_um=stack.spacing_um,
    )


def beside(label: Path, ending: str) -> Path:
    """The file or folder of the same stem with another ending."""
    return label.with_name(label.name.removesuffix(SUFFIX) + ending)
