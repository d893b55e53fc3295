"""Modality discovery: images that look alike to the encoder form a cluster (paper, sec. 4)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from tqdm import tqdm

from app.system.tables import write_table
from training.data import DataError, Pair, load_image
from training.network import load_network

LARGEST = 256  # px; the middle of an image, as large as a training crop, tells its modality
SEED = 20221212
STARTS = 10


def discover(weights: Path, pairs: Sequence[Pair], clusters: int, folder: Path) -> Path:
    """Writes `folder/clusters.csv` (set, id, cluster), clusters in falling order of size."""
    if clusters > len(pairs):
        raise DataError(f"{clusters} clusters are more than {len(pairs)} images; ask for fewer")
    encoder = load_network(weights).encoder
    embeddings = np.stack([embed(encoder, load_image(pair.image)[0]) for pair in tqdm(pairs, disable=None)])
    found = cluster(embeddings, clusters)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "clusters.csv"
    rows = ((pair.set, pair.id, int(c)) for pair, c in zip(pairs, found, strict=True))
    write_table(path, ["set", "id", "cluster"], rows)
    return path


@torch.inference_mode()
def embed(encoder: nn.Module, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """`(H, W, 3)` uint8 → the mean over the last stage of the encoder, (C,), of length 1."""
    height, width = (min(n, LARGEST) for n in image.shape[:2])
    y, x = (image.shape[0] - height) // 2, (image.shape[1] - width) // 2
    piece = image[y : y + height, x : x + width]
    # whole stages need multiples of 32; mirrored edges look like the image itself
    piece = np.pad(piece, ((0, -height % 32), (0, -width % 32), (0, 0)), mode="symmetric")
    window = torch.from_numpy(piece.transpose(2, 0, 1).astype(np.float32) / 255)[None]
    features = encoder(window)[-1].mean(dim=(2, 3))[0]  # (C,)
    return nn.functional.normalize(features, dim=0).numpy()


def cluster(embeddings: NDArray[np.float32], clusters: int) -> NDArray[np.int64]:
    """`(N, C)` → `(N,)` cluster of each, 0 the largest; the same input gives the same clusters."""
    from scipy.cluster.vq import kmeans2

    points = embeddings.astype(np.float64)
    best = np.inf
    for start in range(STARTS):  # one start may end in a poor division, the best of some hardly does
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # a cluster that ran empty is left out below
            centres, division = kmeans2(points, clusters, iter=100, minit="++", rng=SEED + start)
        spread = float(((points - centres[division]) ** 2).sum())
        if spread < best:
            best, found = spread, division
    _, found, sizes = np.unique(found, return_inverse=True, return_counts=True)
    rank = np.empty(len(sizes), np.int64)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    return rank[found]
