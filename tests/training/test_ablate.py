"""Every network of the table trains and is scored; the three classes are the baseline's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from training.ablate import TABLE, run, table
from training.threeclass import class_loss, classes_to_labels, three_classes


@pytest.mark.parametrize("entry", TABLE, ids=lambda entry: entry.name)
def test_two_steps_of_each_network(samples, small_phase, entry):
    result = run(entry, replace(small_phase, steps=2), samples, samples[:1])
    assert result.parameters > 1e5
    assert 0 <= result.f1 <= 1
    assert f"| {entry.name} |" in table([result], 2)


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
