"""Films among the training pairs: their frames, how the split cuts them, how the field moved.

A frame is told by its name, which ends in its number: t000, cell_t012, trap_tp3. Other numbers tell
nothing: a set of single images is numbered, too. Between the frames of a clip the field may have moved, as
where a stage drifts; by how much is found in the images alone, so it is known where nothing is labelled.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.stack.drift import see_drift
from training.data import DataError, Pair, Sample, all_pairs, load_sample, read_splits

FRAME = re.compile(r"(?:(.*)[_-])?tp?(\d+)")  # film, number
HELD = 0.25  # of a film that splits.csv doesn't name: its last frames are for val

Run = list[Pair]  # consecutive frames of one film
Place = tuple[int, int]  # y, x in px of the field: where the corner of a frame lies


@dataclass(frozen=True)
class Clip:
    """Consecutive frames of one film, of one size."""

    frames: tuple[Sample, ...]
    places: tuple[Place, ...]  # of each frame, (0, 0) that of the first

    @property
    def field(self) -> tuple[int, int, int, int]:
        """y0, x0, y1, x1 of all that any frame has seen."""
        height, width = self.frames[0].labels.shape
        ys, xs = zip(*self.places, strict=True)
        return min(ys), min(xs), max(ys) + height, max(xs) + width

    def cells(self) -> NDArray[np.int64]:
        """`(N, 2)` y and x in the field of every pixel that a cell has in any frame."""
        found = [np.argwhere(f.labels > 0) + p for f, p in zip(self.frames, self.places, strict=True)]
        return np.concatenate(found)


def find_runs(root: Path, sets: Collection[str]) -> dict[str, list[Run]]:
    """Split → runs of consecutive frames in the `sets` below `root`; a run holds frames of its split only.

    A film of a set that splits.csv doesn't name is cut in time: its last
    quarter is for val, what is before it for training.
    """
    splits = read_splits(root) or {}
    told = {name for name, _ in splits}
    runs: dict[str, list[Run]] = {}
    for film in films([pair for pair in all_pairs(root) if pair.set in sets]):
        numbers = sorted(film)
        held = numbers[len(numbers) - round(HELD * len(numbers)) :]
        last: tuple[int, str] | None = None
        for number in numbers:
            pair = film[number]
            own = "val" if number in held else "train"
            split = splits.get((pair.set, pair.id), "") if pair.set in told else own
            if last == (number - 1, split):
                runs[split][-1].append(pair)
            else:
                runs.setdefault(split, []).append([pair])
            last = number, split
    return runs


def films(pairs: Sequence[Pair]) -> list[Mapping[int, Pair]]:
    """Of each film, number of frame → pair; raises DataError where two frames have one number."""
    found: dict[tuple[str, str], dict[int, Pair]] = {}
    for pair in pairs:
        name = FRAME.fullmatch(pair.id)
        if name is None:
            continue
        film = found.setdefault((pair.set, name[1] or ""), {})
        other = film.setdefault(int(name[2]), pair)
        if other is not pair:
            raise DataError(f"{pair.image}: is the same frame as {other.image.name}; number frames once")
    return list(found.values())


def training_clips(runs: Sequence[Run], frames: int) -> list[Clip]:
    """Every `frames` consecutive frames; raises DataError where there are none."""
    clips = []
    for run in runs:
        if len(run) >= frames:
            whole = load_clip(run)
            clips += [part(whole, i, i + frames) for i in range(len(run) - frames + 1)]
    if not clips:
        raise DataError(
            f"no film has {frames} consecutive frames in train; their names must end in t000, t001, …"
        )
    return clips


def judged_clips(runs: Sequence[Run], frames: int) -> list[Clip]:
    """Every frame once, in clips of `frames`, the last of a run as long as is left; DataError if none."""
    clips = []
    for run in runs:
        whole = load_clip(run)
        clips += [part(whole, i, min(i + frames, len(run))) for i in range(0, len(run), frames)]
    if not clips:
        raise DataError("no frame of a film is in val; give some to it in splits.csv")
    return clips


def load_clip(run: Run) -> Clip:
    """Frames in memory, with their places; raises DataError where their sizes differ."""
    frames = tuple(load_sample(pair) for pair in run)
    first = frames[0].labels.shape
    for frame in frames:
        if frame.labels.shape != first:
            raise DataError(
                f"{frame.pair.image}: is {frame.labels.shape}, the film began with {first}; "
                "frames of one film have one size"
            )
    places = [(0, 0)]
    for before, after in pairwise(frames):
        y, x = see_drift(before.image.mean(axis=2), after.image.mean(axis=2)) or (0, 0)
        places.append((places[-1][0] - y, places[-1][1] - x))
    return Clip(frames, tuple(places))


def part(clip: Clip, begin: int, end: int) -> Clip:
    """The frames from `begin` to `end` (exclusive), placed by the first of them."""
    y, x = clip.places[begin]
    return Clip(clip.frames[begin:end], tuple((py - y, px - x) for py, px in clip.places[begin:end]))
