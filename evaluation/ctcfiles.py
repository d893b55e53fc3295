"""Folders as the Cell Tracking Challenge lays them out, read and checked before anything is scored.

    NN_GT/TRA/man_track.txt, man_trackTTT.tif    markers of the cells, one id a track
    NN_GT/SEG/man_segTTT.tif                     outlines of the cells, of some frames or all
    NN_RES/res_track.txt, maskTTT.tif            a result, of every frame

A row of a track file is `L B E P`: the id, its first and last frame, the parent's id or 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.errors import ReadError
from evaluation.labelfiles import label_shape
from evaluation.overlap import Ints

ROW = "a row holds four whole numbers: id, first frame, last frame, parent"
SAME = "give the folders of one sequence"


@dataclass(frozen=True)
class Truth:
    """What is known of a sequence: markers with tracks, outlines, or both."""

    markers: dict[int, Path]  # frame → file
    tracks: Ints  # (N, 4)
    outlines: dict[int, Path]  # frame → file


@dataclass(frozen=True)
class Result:
    """What somebody's tracking gave."""

    masks: dict[int, Path]  # frame → file
    tracks: Ints  # (N, 4)


def read_truth(folder: Path) -> Truth:
    """The truth in a folder `NN_GT`; raises ReadError in one line where there is none."""
    markers = frames(folder / "TRA", "man_track")
    outlines = frames(folder / "SEG", "man_seg")
    if not markers and not outlines:
        raise ReadError(
            f"{folder}: holds neither TRA/man_track*.tif nor SEG/man_seg*.tif; give an NN_GT folder"
        )
    if list(markers) != list(range(len(markers))):
        absent = next(frame for frame in range(len(markers)) if frame not in markers)
        raise ReadError(f"{folder / 'TRA'}: frame {absent} is missing; copy the truth of the whole sequence")
    tracks = read_tracks(folder / "TRA" / "man_track.txt") if markers else np.zeros((0, 4), np.int64)
    return Truth(markers, tracks, outlines)


def read_result(folder: Path, truth: Truth) -> Result:
    """The result in a folder `NN_RES`; raises ReadError where a frame of the truth is missing in it,
    has another size, or its track file contradicts itself."""
    masks = frames(folder, "mask")
    if not masks:
        raise ReadError(f"{folder}: holds no mask*.tif; give an NN_RES folder")
    needed = {**truth.markers, **truth.outlines}
    missing = sorted(needed.keys() - masks.keys())
    if missing:
        raise ReadError(
            f"{folder}: masks of {len(missing)} of {len(needed)} frames are missing, "
            f"the first is {missing[0]}; track the whole sequence"
        )
    extra = sorted(masks.keys() - truth.markers.keys()) if truth.markers else []
    if extra:
        raise ReadError(f"{masks[extra[0]]}: the truth has no frame {extra[0]}; {SAME}")
    for frame, path in needed.items():
        true, found = label_shape(path), label_shape(masks[frame])
        if true != found:
            raise ReadError(f"{masks[frame]}: is {found}, {path.name} of the truth is {true}; {SAME}")
    return Result(masks, read_tracks(folder / "res_track.txt"))


def frames(folder: Path, prefix: str) -> dict[int, Path]:
    """Frame → file of the names `<prefix>TTT.tif` in a folder, in order; none where there is no folder."""
    found: dict[int, Path] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if re.fullmatch(rf"{prefix}_\d+_\d+\.tif", path.name):
            raise ReadError(f"{path}: is one slice of a volume; only sequences of 2-D images can be scored")
        number = re.fullmatch(rf"{prefix}(\d+)\.tif", path.name)
        if number:
            found[int(number[1])] = path
    return found


def read_tracks(path: Path) -> Ints:
    """`(N, 4)` rows of a track file; raises ReadError where they are no tracks."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as cause:
        reason = getattr(cause, "strerror", None) or cause
        raise ReadError(f"{path}: can't be read: {reason}; {ROW}") from cause
    rows: dict[int, list[int]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        fields = line.split()
        if len(fields) != 4 or not all(field.isdecimal() for field in fields):
            raise ReadError(f"{path}: line {number} is '{line[:60]}'; {ROW}")
        row = [int(field) for field in fields]
        if row[0] == 0 or row[0] in rows or row[2] < row[1]:
            raise ReadError(f"{path}: line {number} names id {row[0]} twice, or 0, or ends too early; {ROW}")
        rows[row[0]] = row
    for track, _, _, parent in (row for row in rows.values() if row[3]):
        if parent not in rows or rows[parent][2] >= rows[track][1]:
            what = f"the parent {parent} of track {track} is missing, or ends after its child begins"
            raise ReadError(f"{path}: {what}; mend the tracks")
    return np.array(list(rows.values()), np.int64).reshape(-1, 4)
