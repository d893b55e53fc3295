"""Shares of sets hold, larger images come more often, rare clusters are amplified."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.data import DataError, Pair, Sample
from training.sampling import amplification, named, read_clusters, sampling_weights


def sample(name: str, number: int, side: int = 10, colour: str = "gray") -> Sample:
    pair = Pair(name, str(number), Path(f"{number}.png"), Path(f"{number}.png"))
    empty = np.zeros((side, side), np.int32)
    flow = np.zeros((2, side, side), np.float16)
    return Sample(pair, np.zeros((side, side, 3), np.uint8), empty, flow, f"{name}/{colour}")


def test_each_set_and_modality_gets_its_share():
    samples = [sample("a", i) for i in range(90)] + [sample("a", i, colour="rgb") for i in range(90, 95)]
    samples += [sample("b", 0), sample("c", 0)]
    weights = sampling_weights(samples, {"a/gray": 2.0, "a/rgb": 1.0, "b": 1.0})
    assert weights[:90].sum() == pytest.approx(0.5)
    assert weights[90:95].sum() == pytest.approx(0.25)
    assert weights[95] == pytest.approx(0.25)
    assert weights[96] == 0  # not named, not drawn


def test_chance_goes_with_the_root_of_the_pixels():
    weights = sampling_weights([sample("a", 0, 10), sample("a", 1, 40)], {"a": 1.0})
    assert weights[1] / weights[0] == pytest.approx(4)


def test_a_share_without_pairs_is_named():
    with pytest.raises(DataError, match="no training pair belongs to 'elsewhere'"):
        sampling_weights([sample("a", 0)], {"elsewhere": 1.0})


def test_what_no_share_takes_is_not_read():
    """Two banks of 2,600 images, read for the nuclei of them, took 14 GB and the machine with them."""
    pairs = [sample("a", 0).pair, sample("b", 0).pair, sample("bank", 0).pair, sample("c", 0).pair]
    pairs += [Pair("bank", name, Path(name), Path(name)) for name in ("1_blobs_nuclei", "1_blobs_phase")]
    kept = named(pairs, {"a/gray": 1.0, "bank*/*_nuclei": 1.0, "c": 1.0})
    assert [(pair.set, pair.id) for pair in kept] == [("a", "0"), ("c", "0"), ("bank", "1_blobs_nuclei")]


def test_minor_clusters_are_oversampled_within_their_set():
    samples = [sample("a", i) for i in range(20)]
    clusters = {("a", str(i)): 0 if i < 18 else 1 for i in range(20)}  # 18 and 2; the mean is 10
    factors = amplification([s.pair for s in samples], clusters)
    assert factors[:18].tolist() == [1.0] * 18
    assert factors[18:].tolist() == [5.0] * 2
    weights = sampling_weights(samples, {"a": 1.0}, clusters)
    assert weights[18:].sum() == pytest.approx(10 / 28)


def test_one_image_is_never_drawn_too_often():
    pairs = [sample("a", i).pair for i in range(100)]
    clusters = {("a", str(i)): int(i == 99) for i in range(100)}
    assert amplification(pairs, clusters)[99] == 8.0


def test_an_image_that_no_cluster_holds_is_named(tmp_path):
    with pytest.raises(DataError, match=r"0\.png: has no cluster"):
        amplification([sample("a", 0).pair], {})
    with pytest.raises(DataError, match=r"clusters.csv: can't be read"):
        read_clusters(tmp_path / "clusters.csv")
