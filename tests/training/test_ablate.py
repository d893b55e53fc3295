"""Every network of the table trains and is scored; the three classes are the baseline's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from training.ablate import TABLE, run, table
from training.maskrcnn import in_order, target, turned_back
from training.threeclass import class_loss, classes_to_labels, three_classes


@pytest.mark.parametrize("entry", TABLE, ids=lambda entry: entry.name)
def test_two_steps_of_each_network(samples, small_phase, entry):
    result = run(entry, replace(small_phase, steps=2), samples, samples[:1])
    assert result.parameters > 1e5
    assert 0 <= result.f1 <= 1
    assert 0 <= result.map <= 1
    assert f"| {entry.name} |" in table([result], 2)


def test_targets_are_the_cells_of_the_crop():
    """A box without extent, as of a cell of one pixel, is refused by the network."""
    labels = torch.zeros(16, 16, dtype=torch.int32)
    labels[2:5, 3:9], labels[10, 12], labels[0, 0] = 7, 9, -1
    found = target(labels)
    assert found["boxes"].tolist() == [[3, 2, 9, 5], [12, 10, 13, 11]]
    assert found["masks"].sum(dim=(1, 2)).tolist() == [18, 1]
    assert len(target(0 * labels)["boxes"]) == 0


def test_the_surest_instance_comes_first():
    """Three views find each cell three times; one is kept, and a neighbour takes what is free."""
    masks = np.zeros((4, 20, 40), bool)
    masks[0, 2:18, 2:18], masks[1, 2:18, 3:19] = True, True
    masks[2, 2:18, 16:36], masks[3, 2:4, 2:4] = True, True
    labels = in_order(masks, np.array([0.7, 0.9, 0.6, 0.8], np.float32))
    assert np.array_equal(labels == 1, masks[1])
    assert np.array_equal(labels == 2, masks[2] & ~masks[1])
    assert labels.max() == 2
    assert in_order(masks[:0], np.zeros(0, np.float32)).shape == (20, 40)


def test_views_are_turned_back():
    found = {"masks": torch.zeros(1, 1, 6, 8), "scores": torch.tensor([0.9])}
    found["masks"][0, 0, 1, 2] = 1
    for axes, place in (((), (1, 2)), ((2,), (1, 5)), ((1,), (4, 2))):
        masks, _ = turned_back(found, axes)
        assert np.argwhere(masks[0]).tolist() == [list(place)]


def test_interior_comes_back_as_cells_that_touched():
    labels = np.zeros((64, 64), np.int32)
    labels[10:30, 10:30], labels[10:30, 30:50], labels[40:60, 40:60] = 1, 2, 3
    classes = three_classes(labels)
    assert set(np.unique(classes)) == {0, 1, 2}
    assert classes[20, 29] == classes[20, 30] == 2
    logits = 10 * np.stack([classes == c for c in range(3)]).astype(np.float32)
    assert classes_to_labels(logits).max() == 3


def test_class_loss_falls_towards_the_right_answer():
    labels = torch.zeros(1, 32, 32, dtype=torch.int32)
    labels[0, 8:24, 8:24] = 1
    classes = torch.from_numpy(three_classes(labels[0].numpy())).long()
    right = 10 * torch.nn.functional.one_hot(classes, 3).permute(2, 0, 1)[None].float()
    assert class_loss(right, labels, labels)[0] < 0.1
    assert class_loss(-right, labels, labels)[0] > 1
