"""Labels of a network: sure cells are taught, unsure ones are left open, the rest is background."""

from __future__ import annotations

from dataclasses import replace

import imagecodecs
import numpy as np
import pytest

from app.cells import Found
from app.errors import UsageError
from training.batches import Batches
from training.cli import main
from training.data import DataError, all_pairs, load_labels, load_samples
from training.fit import fit
from training.pseudo import Surety, judged, pseudo

SURETY = Surety(score=0.75, cells=2, share=0.5)


def found(*scores: float) -> Found:
    """Cells of 10 × 10 px in a row, the first with a hole."""
    labels = np.zeros((20, 20 * len(scores)), np.int32)
    for i in range(len(scores)):
        labels[5:15, 20 * i + 5 : 20 * i + 15] = i + 1
    labels[9:11, 9:11] = 0
    flow = np.zeros((2, *labels.shape), np.float32)
    return Found(labels, np.array(scores, np.float32), flow, flow[0])


def test_sure_cells_are_kept_and_unsure_ones_are_unknown(tmp_path):
    labels, one = judged(tmp_path / "a.png", found(0.9, 0.5, 0.8), SURETY)
    assert (one.sure, one.unsure, one.kept) == (2, 1, True)
    assert np.unique(labels).tolist() == [-1, 0, 1, 3]
    assert (labels[5:15, 5:15] == 1).all(), "holes are filled"
    assert (labels[5:15, 25:35] == -1).all()
    assert (labels[:5] == 0).all()


@pytest.mark.parametrize("scores", [(0.9,), (0.9, 0.8, 0.1, 0.1, 0.1), ()])
def test_an_image_with_too_few_sure_cells_is_left_out(tmp_path, scores):
    assert not judged(tmp_path / "a.png", found(*scores or (0.0,)), SURETY)[1].kept


class Doubter:
    """Finds bright squares; the dimmer ones with a probability of 0.6 only."""

    name, batch = "doubter", 1

    def __init__(self, blobs):
        self.blobs = blobs

    def __call__(self, windows):
        outputs = self.blobs(windows)
        dim = (windows.mean(axis=1) < 0.8) & (outputs[:, 2] > 0)
        outputs[:, 2][dim] = 0.4
        return outputs


@pytest.fixture
def unlabelled(tmp_path):
    """A folder with one image of three bright squares and a dim one, and one without."""
    image = np.full((96, 96), 10, np.uint8)
    for y, x, value in ((10, 10, 250), (10, 60, 250), (60, 10, 250), (60, 60, 150)):
        image[y : y + 20, x : x + 20] = value
    (tmp_path / "new").mkdir()
    imagecodecs.imwrite(tmp_path / "new" / "a.png", image)
    image[10:60] = 10
    imagecodecs.imwrite(tmp_path / "new" / "b.png", image)
    return [tmp_path / "new" / name for name in ("a.png", "b.png")]


def test_the_set_is_trained_on(tmp_path, unlabelled, bright_blobs, small_phase):
    """-1 must reach the loss as unknown: as background it would teach to miss what is hard to find."""
    done = pseudo([Doubter(bright_blobs)], unlabelled, tmp_path / "data" / "pseudo", Surety())
    assert [(one.sure, one.unsure, one.kept) for one in done] == [(3, 1, True), (1, 1, False)]
    (pair,) = all_pairs(tmp_path / "data")
    assert pair.partial
    (sample,) = load_samples([pair])
    assert (sample.labels[62:78, 62:78] == -1).all()
    assert not sample.flow[:, 62:78, 62:78].any()
    phase = replace(small_phase, sets={"pseudo": 1.0}, steps=1)
    batches = [Batches([sample], phase)(step)[1] for step in range(8)]
    assert any((labels == -1).any() for labels in batches)
    assert fit(phase, [sample], tmp_path / "runs").is_file()


def test_only_sets_of_a_network_may_hold_unknown_pixels(tmp_path, unlabelled, bright_blobs):
    """-1 in a drawn label is a mistake of whoever exported it."""
    pseudo([Doubter(bright_blobs)], unlabelled[:1], tmp_path / "data" / "pseudo", Surety())
    (tmp_path / "data" / "pseudo" / "pseudo.csv").unlink()
    (pair,) = all_pairs(tmp_path / "data")
    with pytest.raises(DataError, match="must not be negative"):
        load_labels(pair.label)
    with pytest.raises(UsageError, match="holds labels that no network made"):
        pseudo([Doubter(bright_blobs)], unlabelled[:1], tmp_path / "data" / "pseudo", Surety())


def test_wrong_use_is_one_line(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert main(["pseudo", "--unlabelled", str(tmp_path / "empty"), "-o", str(tmp_path / "out")]) == 2
    assert "holds no images" in capsys.readouterr().err
    with pytest.raises(UsageError, match="two images share a name"):
        pseudo([], [tmp_path / "a.png", tmp_path / "a.tif"], tmp_path / "out", Surety())
