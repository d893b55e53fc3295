"""Images that look alike end in one cluster, and the same clusters every time."""

from __future__ import annotations

import csv

import numpy as np
import pytest
import torch

from app.network.architecture import Architecture
from app.network.model import MEDIARFormer
from training.data import DataError, find_pairs
from training.discover import cluster, discover


def test_clusters_are_found_again_and_ordered_by_size():
    rng = np.random.default_rng(0)
    centres = np.repeat(np.eye(3), [30, 10, 5], axis=0)
    embeddings = (centres + rng.normal(0, 0.01, centres.shape)).astype(np.float32)
    found = cluster(embeddings, 3)
    assert np.bincount(found).tolist() == [30, 10, 5]
    assert (found == np.repeat([0, 1, 2], [30, 10, 5])).all()
    assert (cluster(embeddings, 3) == found).all()


def test_twins_end_in_one_cluster_even_for_an_untrained_encoder(tmp_path, write_pair, synthetic_field):
    for seed in range(4):
        image, labels = synthetic_field(70, 90, 10, seed % 2)
        image = 255 - image if seed % 2 else image
        write_pair(tmp_path / "data" / "field", str(seed), image, labels.astype(np.uint16), "png")
    torch.manual_seed(0)
    torch.save(
        MEDIARFormer(Architecture("mit_b0", (32, 16, 16, 8, 8), 16)).state_dict(), tmp_path / "first.pt"
    )
    pairs = find_pairs(tmp_path / "data", "train")
    path = discover(tmp_path / "first.pt", pairs, 2, tmp_path / "runs")
    with path.open(newline="") as file:
        found = {row["id"]: row["cluster"] for row in csv.DictReader(file)}
    assert found["0"] == found["2"] != found["1"] == found["3"]
    with pytest.raises(DataError, match="more than 4 images"):
        discover(tmp_path / "first.pt", pairs, 5, tmp_path / "runs")
