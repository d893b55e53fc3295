"""How often each image is drawn: shares by set, larger for images of rare clusters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.system.tables import read_table
from training.data import DataError, Pair, Sample

LARGEST_FACTOR = 8.0  # an image of a rare cluster is drawn at most this many times as often

Clusters = Mapping[tuple[str, str], int]  # (set, id) → cluster


def sampling_weights(
    samples: Sequence[Sample], shares: Mapping[str, float], clusters: Clusters | None = None
) -> NDArray[np.float64]:
    """`(N,)` probability of each sample so that each named set or modality gets its share.

    Within a set the chance goes with the square root of an image's pixels, so
    that a field of 1000² is seen more often than one of 250², but not 16 times;
    and with `amplification` where `clusters` are given.
    """
    size = np.sqrt([sample.labels.size for sample in samples])
    if clusters is not None:
        size = size * amplification([sample.pair for sample in samples], clusters)
    weights = np.zeros(len(samples))
    for name, share in shares.items():
        of = np.array([belongs(sample.pair, sample.modality, name) for sample in samples])
        if not of.any():
            raise DataError(f"no training pair belongs to '{name}'")
        weights += share * size * of / (size * of).sum()
    return weights / weights.sum()


def belongs(pair: Pair, modality: str, name: str) -> bool:
    """Whether a share of that `name` takes the image: a set, "set/rgb", "set/gray", a pattern of "set/id"."""
    return name in (modality, pair.set) or fnmatchcase(f"{pair.set}/{pair.id}", name)


def set_of(name: str) -> str:
    """The set that a share of that `name` takes images of: "dsb2018" of "dsb2018/rgb"."""
    return name.partition("/")[0]


def named(pairs: Sequence[Pair], shares: Collection[str]) -> list[Pair]:
    """The pairs that a share may take: a bank of thousands, read for one look of it, took 14 GB."""
    return [
        pair
        for pair in pairs
        if any(belongs(pair, f"{pair.set}/{colour}", name) for name in shares for colour in ("gray", "rgb"))
    ]


def amplification(pairs: Sequence[Pair], clusters: Clusters) -> NDArray[np.float64]:
    """`(N,)` factors ≥ 1: an image of a cluster smaller than the mean counts as if it were the mean.

    So n images of a cluster count max(n, N / k) in all, where N images fall
    into k clusters, but none counts more than `LARGEST_FACTOR` times.
    """
    missing = [pair for pair in pairs if (pair.set, pair.id) not in clusters]
    if missing:
        raise DataError(f"{missing[0].image}: has no cluster; run `python -m training discover` again")
    size = Counter(clusters[pair.set, pair.id] for pair in pairs)
    mean = len(pairs) / len(size)
    factors = np.array([mean / size[clusters[pair.set, pair.id]] for pair in pairs])
    return factors.clip(1.0, LARGEST_FACTOR)


def read_clusters(path: Path) -> dict[tuple[str, str], int]:
    """The table that `python -m training discover` wrote: set, id, cluster."""
    rows = read_table(path, DataError, "`python -m training discover` writes it")
    return {(row["set"], row["id"]): int(row["cluster"]) for row in rows}
