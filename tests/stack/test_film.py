"""A film with known truth through linking, gaps and the challenge's files, scored by another's library."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from app.settings import Linking
from app.stack import Film, fill_gaps, link_frames, presence, rows, with_patches
from app.write.tracks import write_challenge
from evaluation.ctc import Scores, score_sequence


def scored(truth: Any, seen: list[Any], linking: Linking, folder: Path) -> Scores:
    """The scores of what is made of `seen`."""
    film = Film(linking)
    for labels in seen:
        film.add(labels)
    tracks = link_frames(film)
    patches = fill_gaps(film, tracks, seen.__getitem__)
    frames = (with_patches(tracks, patches, frame, labels) for frame, labels in enumerate(seen))
    pieces = rows(presence(tracks, patches), tracks.parents)
    write_challenge(folder / "01_RES", frames, len(seen), *pieces)
    for kind, prefix in (("TRA", "man_track"), ("SEG", "man_seg")):
        (folder / "01_GT" / kind).mkdir(parents=True, exist_ok=True)
        for frame, mask in enumerate(truth.masks):
            tifffile.imwrite(folder / "01_GT" / kind / f"{prefix}{frame:03d}.tif", mask.astype(np.uint16))
    lines = "".join("{} {} {} {}\n".format(*row) for row in truth.rows)
    (folder / "01_GT" / "TRA" / "man_track.txt").write_text(lines)
    return score_sequence(folder / "01_GT", folder / "01_RES")


@pytest.fixture(scope="module")
def truth(film_truth: Callable[..., Any]) -> Any:
    """60 frames in which 14 cells become 26 by 14 divisions; they touch, and some leave."""
    found = film_truth()
    assert len(found.masks) == 60
    assert sum(parent > 0 for *_, parent in found.rows) == 2 * 14
    assert any(end < 59 for track, _, end, _ in found.rows if track not in {row[3] for row in found.rows})
    return found


def test_perfect_masks_give_nearly_perfect_tracks(
    film_truth: Callable[..., Any], seen: Callable[..., list[Any]], tmp_path: Path
) -> None:
    short = film_truth(frames=25)
    scores = scored(short, seen(short.masks, 0.0), Linking(), tmp_path)
    assert scores.seg == 1
    assert scores.tra is not None
    assert scores.tra >= 0.998


def test_cells_that_are_missed_at_random_are_put_back(
    truth: Any, seen: Callable[..., list[Any]], tmp_path: Path
) -> None:
    """5 % of all cells are missed. Each costs 10 points, so no tracker reaches 0.98 unless it draws them."""
    missed = seen(truth.masks, 0.05)
    scores = scored(truth, missed, Linking(), tmp_path)
    assert scores.seg is not None
    assert scores.tra is not None
    assert scores.seg >= 0.90
    assert scores.tra >= 0.98
    without = scored(truth, missed, Linking(fill=2.0), tmp_path)
    assert without.tra is not None
    assert without.tra < scores.tra - 0.02
