"""What specialists have learned, as looks.safetensors tells it: embeddings of images, and whose they are.

The images of its phase's sets are a specialist's own. All others of the data
are the pair's, and hold the borders. Each is seen as it is, and once more at
another size. How far beyond its own images a specialist reaches is decided by
sets that it has not learned: each of them is taken out of what is known, in
turn, and the reach is the largest of REACHES at which hardly any image of such
a stranger is taken for the specialist's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from app.network.modality import Watched, look
from app.network.weights.specialists import CLEARLY, NOBODY
from app.network.windows import Grid, View
from app.read import Pixels
from app.settings import Windows
from training.data import DataError, Pair, load_image, modality_of
from training.sampling import belongs
from training.settings import Phase
from training.synthetic.writing import SET

PER_KIND = 120  # images of each of a phase's shares at most; more say the same again
SIZES = (0.5, 0.7, 1.4, 2.0)  # an image is seen at one of them, too
REACHES = (0.06, 0.08, 0.1, 0.12, 0.15, 0.18)
MISTAKEN = 0.05  # of a stranger's images, in the mean over strangers
LEAST = 32  # px a side; a smaller image shows nothing at another size
SEED = 20221212


@dataclass(frozen=True)
class Looks:
    """N images by their embeddings."""

    sets: NDArray[np.str_]  # (N,)
    owners: NDArray[np.int16]  # (N,) number of the phase, or NOBODY
    embeddings: NDArray[np.float32]  # (N, C)

    def without(self, name: str) -> Looks:
        """Those of all other sets."""
        kept = self.sets != name
        return Looks(self.sets[kept], self.owners[kept], self.embeddings[kept])


def gather(
    engine: Watched, phases: Sequence[Phase], pairs: Sequence[Pair], unclaimed: Sequence[str] = ()
) -> Looks:
    """The looks of `pairs` as `engine`, the pair's first, sees them; DataError where a phase owns none.

    Sets that are `unclaimed` stay the pair's though a phase learned from them: they look like another's.
    """
    found = looks_of(engine, phases, pairs, unclaimed)
    for number, phase in enumerate(phases):
        if number not in found.owners:
            raise DataError(f"phase {phase.name}: no image of {', '.join(phase.sets)} is in the data")
    return found


def looks_of(
    engine: Watched, phases: Sequence[Phase], pairs: Sequence[Pair], unclaimed: Sequence[str] = ()
) -> Looks:
    """As `gather`, whoever owns them; DataError where nothing is to be seen."""
    rng = np.random.default_rng(SEED)
    found: list[tuple[str, int, tuple[float, ...]]] = []
    for pair, owner, image in tqdm(owned(phases, pairs, unclaimed), "looks", disable=None):
        for size in (1.0, float(rng.choice(SIZES))):
            embedding = embedding_of(engine, resized(image, size))
            if embedding is not None:
                found.append((pair.set, owner, embedding))
    if not found:
        raise DataError("no image of the data shows anything; give a folder with images of the phases' sets")
    sets, owners, embeddings = zip(*found, strict=True)
    return Looks(np.array(sets), np.array(owners, np.int16), np.array(embeddings, np.float32))


def owned(
    phases: Sequence[Phase], pairs: Sequence[Pair], unclaimed: Sequence[str] = ()
) -> Iterator[tuple[Pair, int, NDArray[np.uint8]]]:
    """Pairs in an order of no meaning with owner and image, PER_KIND of each share at most."""
    order = np.random.default_rng(SEED).permutation(len(pairs))
    taken: dict[str, int] = {}
    for pair in (pairs[i] for i in order):
        image, gray = load_image(pair.image)
        kind = modality_of(pair, gray)
        owner, share = (NOBODY, kind) if pair.set in unclaimed else share_of(phases, pair, kind)
        taken[share] = taken.get(share, 0) + 1
        if taken[share] <= PER_KIND:
            yield pair, owner, image


def share_of(phases: Sequence[Phase], pair: Pair, modality: str) -> tuple[int, str]:
    """The number of the phase that learns most from an image, and as what; or NOBODY and `modality`.

    A phase may learn a little of what is another's, so that it isn't lost where a look deceives.
    """
    shares = [
        (n, share) for n, phase in enumerate(phases) for share in phase.sets if belongs(pair, modality, share)
    ]
    return max(shares, key=lambda one: phases[one[0]].sets[one[1]], default=(NOBODY, modality))


def drawn(pairs: Sequence[Pair], looks: Sequence[str]) -> list[Pair]:
    """The synthetic ones of `looks`, as section or phase."""
    return [pair for pair in pairs if pair.set == SET and pair.id.endswith(tuple(f"_{one}" for one in looks))]


def resized(image: NDArray[np.uint8], size: float) -> NDArray[np.uint8]:
    """`(H, W, 3)` at `size` times its sides, LEAST at least."""
    height, width = (max(round(side * size), min(side, LEAST)) for side in image.shape[:2])
    if (height, width) == image.shape[:2]:
        return image
    planes = torch.from_numpy(image.transpose(2, 0, 1).astype(np.float32))[None]
    scaled = torch.nn.functional.interpolate(
        planes, (height, width), mode="bilinear", antialias=size < 1, align_corners=False
    )
    return scaled[0].round().clamp(0, 255).byte().permute(1, 2, 0).contiguous().numpy()


def embedding_of(engine: Watched, image: NDArray[np.uint8]) -> tuple[float, ...] | None:
    """As a prediction sees it; None for an image without signal."""
    return look(engine, Pixels(image), Grid((image.shape[0], image.shape[1]), View.IDENTITY, Windows()))


def taken_by(known: Looks, embeddings: NDArray[np.float32], number: int, reach: float) -> NDArray[np.bool_]:
    """`(M,)`: which of `embeddings` a specialist takes, as `Specialists.choose` does."""
    from scipy.spatial.distance import cdist

    distances, own = cdist(embeddings, known.embeddings), known.owners == number
    nearest, apart = (distances[:, those].min(axis=1, initial=np.inf) for those in (own, ~own))
    taken: NDArray[np.bool_] = (nearest <= reach) & (nearest <= CLEARLY * apart)
    return taken


def mistaken(known: Looks, number: int, reach: float) -> dict[str, float]:
    """Set that a specialist has not learned → part of its images that it takes where the set is unknown."""
    strangers = sorted(set(known.sets) - set(known.sets[known.owners == number]))
    return {
        name: float(taken_by(known.without(name), known.embeddings[known.sets == name], number, reach).mean())
        for name in strangers
    }


def reach_of(known: Looks, number: int) -> float:
    """The largest of REACHES that keeps to MISTAKEN, or the smallest."""
    kept = [r for r in REACHES if np.mean([*mistaken(known, number, r).values(), 0.0]) <= MISTAKEN]
    return kept[-1] if kept else REACHES[0]


def report(known: Looks, phases: Sequence[Phase], reaches: Sequence[float], val: Looks) -> str:
    """Markdown: the part of val's images that each takes, and of sets that nobody has seen."""
    lines = ["| specialist | reach | of its own on val | of others on val | of strangers |", "|---" * 5 + "|"]
    for number, (phase, reach) in enumerate(zip(phases, reaches, strict=True)):
        taken = taken_by(known, val.embeddings, number, reach)
        own = val.owners == number
        parts = [f"{taken[them].mean():.2f} ({them.sum()})" if them.any() else "–" for them in (own, ~own)]
        strange = ", ".join(f"{k} {v:.2f}" for k, v in mistaken(known, number, reach).items() if v) or "none"
        lines.append(f"| {phase.name} | {reach:g} | {' | '.join(parts)} | {strange} |")
    return "\n".join(lines)
