"""Both networks learn from clips and are scored on frames that were kept from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from app.errors import UsageError
from training.cli import main
from training.films import Clip
from training.filmtable import ROWS, ablate_films, mended, scored, segment
from training.lstm import FrameUNet
from training.threeclass import three_classes


@pytest.fixture
def clip(samples):
    return Clip(tuple(samples), ((0, 0), (2, -30), (4, 1)))


def test_two_steps_end_with_two_rows(
    tmp_path: Path, synthetic_field: Callable[..., Any], write_pair: Callable[..., None], capsys: Any
):
    for number in range(8):
        image, labels = synthetic_field(64, 72, 6, number)
        write_pair(tmp_path / "data" / "dish", f"t{number:03d}", image, labels.astype(np.uint16), "png")
    toml = tmp_path / "films.toml"
    toml.write_text("steps = 100\nbatch = 1\ncrop = 32\n[sets]\ndish = 1.0\n")
    data = ["--data", str(tmp_path / "data")]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    assert main(["ablate", str(toml), *data, "--frames", "3", "--steps", "2"]) == 0
    torch.set_num_threads(threads)
    head, _, *rows = capsys.readouterr().out.splitlines()
    assert head.startswith("| after 2 steps | parameters | s per step | s per frame | F1@0.5 | mAP | P@0.25")
    assert [row.split(" | ")[0] for row in rows] == [f"| {name}" for name in ROWS]
    assert len({row.count("|") for row in (head, *rows)}) == 1

    for wrong, told in (("0", "one frame at least"), ("7", "no film has 7 consecutive frames")):
        assert main(["ablate", str(toml), *data, "--frames", wrong]) == 2
        assert told in capsys.readouterr().err
    assert main(["ablate", str(toml), *data, "--frames", "3", "--images", "1"]) == 2


def test_crops_must_fit(clip, small_phase):
    with pytest.raises(UsageError, match="crop = 60: must be a multiple of 8"):
        ablate_films(replace(small_phase, crop=60), [clip], [clip])


class Told(FrameUNet):
    """Says of each pixel what its image shows: the class, in the first channel."""

    def forward(self, x: torch.Tensor, frames: int | None = None) -> torch.Tensor:
        assert len(x) == frames
        classes = (x[:, 0] * 255).round().long()
        return 20 * torch.nn.functional.one_hot(classes, 3).permute(0, 3, 1, 2).float()


def test_patches_are_joined_to_whole_frames(clip):
    """A network that is right in each patch is right in each frame, wherever the field went."""
    frames = []
    for frame in clip.frames:
        image = np.repeat(three_classes(frame.labels)[..., None], 3, axis=2)
        frames.append(replace(frame, image=image))
    found = segment(Told(3, lstm=False), replace(clip, frames=tuple(frames)), 32)
    whole = [mended(20 * np.eye(3, dtype=np.float32)[f.image[..., 0]].transpose(2, 0, 1)) for f in frames]
    for labels, alone, frame in zip(found, whole, clip.frames, strict=True):
        assert labels.shape == frame.labels.shape
        assert np.array_equal(labels, alone)
    f1, _, matches, iou = scored([f.labels for f in clip.frames], found)
    assert f1 > 0.9
    assert matches[0].recall > 0.9
    assert iou > 0.85


def test_a_seam_is_closed_and_crumbs_are_dropped():
    """What slicing cut: a cell with a gap of one pixel is one cell, a few pixels are none."""
    classes = np.zeros((40, 60), np.int64)
    classes[10:30, 5:20], classes[10:30, 21:36] = 1, 1
    classes[5:7, 50:53] = 1
    cells = mended(20 * np.eye(3, dtype=np.float32)[classes].transpose(2, 0, 1))
    assert np.unique(cells).tolist() == [0, 1]
    assert cells[20, 20] == 1


def test_cells_that_touch_stay_two():
    """The boundary between two cells is wider than what closing bridges."""
    labels = np.zeros((40, 60), np.int32)
    labels[10:30, 5:25], labels[10:30, 25:45] = 1, 2
    cells = mended(20 * np.eye(3, dtype=np.float32)[three_classes(labels)].transpose(2, 0, 1))
    assert len(np.unique(cells)) == 3
    assert (cells == labels)[10:30, 5:45].mean() > 0.95


def test_scores_count_the_cells_of_all_frames():
    """A frame with many cells weighs more in precision and recall, and as much as any in F1."""
    true = np.zeros((60, 60), np.int32)
    for number in range(9):
        y, x = 5 + 17 * (number // 3), 5 + 17 * (number % 3)
        true[y : y + 12, x : x + 12] = number + 1
    one = np.where(true == 5, 1, 0).astype(np.int32)
    nothing = np.zeros_like(one)
    f1, _, matches, iou = scored([true, one], [true, nothing])
    assert f1 == pytest.approx(0.5)
    assert [match.recall for match in matches] == [0.9, 0.9, 0.9]
    assert iou == 1
    assert scored([one], [nothing])[3] == 0
