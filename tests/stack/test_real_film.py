"""Two E. coli that become seventeen under a stage that drifts by 600 px: true masks, linked and scored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from app.settings import Linking
from app.stack import Film, fill_gaps, link_frames, presence, rows, with_patches
from app.write.tracks import write_challenge
from evaluation.ctc import score_sequence
from examples.link_labels import main

LABELS = Path(__file__).resolve().parents[3] / "shared" / "data" / "films" / "ecoli_trpL" / "labels"
pytestmark = pytest.mark.skipif(not LABELS.is_dir(), reason="the real film is not there")


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The film's true masks, by track; they were looked at in a montage of all generations."""
    folder = tmp_path_factory.mktemp("film") / "01_GT"
    main(LABELS, folder)
    return folder


def test_the_family_tree_is_whole(truth: Path) -> None:
    """Each of 15 divisions gives two daughters; nobody comes from nowhere, though the whole field moves."""
    tracks = np.loadtxt(truth / "TRA" / "man_track.txt", int)
    assert len(tracks) == 32
    assert np.count_nonzero(tracks[:, 3] == 0) == 2
    parents, daughters = np.unique(tracks[tracks[:, 3] > 0, 3], return_counts=True)
    assert (len(parents), set(daughters)) == (15, {2})
    assert np.count_nonzero(tracks[:, 2] == 19) == 17


def test_missed_cells_cost_little(truth: Path, tmp_path: Path, seen: object) -> None:
    """Of every 20 cells of a frame one is dropped; gaps are closed and their cells put back."""
    paths = sorted((truth / "TRA").glob("*.tif"))
    masks: NDArray[np.int32] = np.stack([tifffile.imread(path) for path in paths]).astype(np.int32)
    frames = seen(masks, 0.05, seed=2)  # type: ignore[operator]
    film = Film(Linking())
    for labels in frames:
        film.add(labels)
    tracks = link_frames(film)
    patches = fill_gaps(film, tracks, lambda frame: frames[frame])
    drawn = (with_patches(tracks, patches, frame, labels) for frame, labels in enumerate(frames))
    table, other = rows(presence(tracks, patches), tracks.parents)
    write_challenge(tmp_path / "01_RES", drawn, len(frames), table, other)
    scores = score_sequence(truth, tmp_path / "01_RES")
    assert scores.tra is not None
    assert scores.tra > 0.93
