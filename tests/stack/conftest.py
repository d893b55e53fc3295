"""A film with known truth: cells that move, grow, divide, touch and leave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray


@dataclass
class Cell:
    track: int
    place: NDArray[np.float64]  # y, x in px
    step: NDArray[np.float64]  # px a frame
    axis: float  # rad, along which it divides
    radius: float  # px
    division: float  # radius at which it divides


@dataclass
class Truth:
    """`masks` `(T, H, W)` int32 of track ids, `rows` as in man_track.txt."""

    masks: NDArray[np.int32]
    rows: list[tuple[int, int, int, int]] = field(default_factory=list)


@pytest.fixture(scope="session")
def film_truth() -> Callable[..., Truth]:
    """`make(frames, side, cells, seed)` → Truth."""
    return make_truth


@pytest.fixture(scope="session")
def seen() -> Callable[..., list[NDArray[np.int32]]]:
    """`drop(masks, part, seed)` → per frame labels 1..N in random order, some cells missed."""
    return drop


def make_truth(frames: int = 60, side: int = 256, cells: int = 14, seed: int = 0) -> Truth:
    rng = np.random.default_rng(seed)
    alive = [new_cell(rng, track, rng.uniform(12, side - 12, 2)) for track in range(1, cells + 1)]
    settle(alive, 50)
    masks = np.zeros((frames, side, side), np.int32)
    parents = dict.fromkeys(range(1, cells + 1), 0)
    for frame in range(frames):
        for cell in alive if frame else []:
            cell.step = 0.7 * cell.step + rng.normal(0, 0.9, 2)
            cell.place = cell.place + cell.step
            cell.radius *= 1.008
        settle(alive, 5)
        masks[frame] = paint(alive, side)
        # what is drawn over or has left does not come back: its track ends
        alive = [cell for cell in alive if np.count_nonzero(masks[frame] == cell.track) >= 20]
        masks[frame][~np.isin(masks[frame], [cell.track for cell in alive])] = 0
        for cell in [cell for cell in alive if cell.radius > cell.division]:
            alive.remove(cell)
            for side_of in (-1, 1):
                parents[track := len(parents) + 1] = cell.track
                away = side_of * np.array([np.sin(cell.axis), np.cos(cell.axis)])
                alive.append(new_cell(rng, track, cell.place + 0.7 * cell.radius * away))
                alive[-1].radius = cell.radius / np.sqrt(2)
    rows = []
    for track, parent in parents.items():
        there = np.flatnonzero((masks == track).any(axis=(1, 2)))
        if there.size:
            rows.append((track, int(there[0]), int(there[-1]), parent))
    return Truth(masks, rows)


def new_cell(rng: np.random.Generator, track: int, place: NDArray[np.float64]) -> Cell:
    return Cell(track, place, np.zeros(2), rng.uniform(0, np.pi), rng.uniform(8, 11), rng.uniform(11, 13))


def settle(cells: list[Cell], rounds: int) -> None:
    """Pushes overlapping cells apart until they touch."""
    for _ in range(rounds):
        for i, a in enumerate(cells):
            for b in cells[:i]:
                apart = a.place - b.place
                distance = max(float(np.hypot(*apart)), 1e-6)
                overlap = a.radius + b.radius - distance
                if overlap > 0:
                    a.place = a.place + apart / distance * overlap / 2
                    b.place = b.place - apart / distance * overlap / 2


def paint(cells: list[Cell], side: int) -> NDArray[np.int32]:
    y, x = np.mgrid[:side, :side]
    mask = np.zeros((side, side), np.int32)
    for cell in cells:
        disc = (y - cell.place[0]) ** 2 + (x - cell.place[1]) ** 2 <= cell.radius**2
        mask[disc & (mask == 0)] = cell.track
    return mask


def drop(masks: NDArray[np.int32], part: float, seed: int = 0) -> list[NDArray[np.int32]]:
    rng = np.random.default_rng(seed)
    found = []
    for mask in masks:
        ids = np.unique(mask[mask > 0])
        kept = rng.permutation(ids[rng.random(len(ids)) >= part])
        lut = np.zeros(int(mask.max(initial=0)) + 1, np.int32)
        lut[kept] = np.arange(1, len(kept) + 1)
        found.append(lut[mask])
    return found
