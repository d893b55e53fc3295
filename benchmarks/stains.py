"""Tissue in DAB, seen as it is and by its haematoxylin.

    python -m benchmarks.stains --data ../shared/data/cells          # F1 of tissue stained anew
    python -m benchmarks.stains --data ../shared/data/cells --sets   # which images are taken for DAB

No set has labelled tissue in DAB, so the eosin of stained val images (tnbc,
dsb2018) is turned to DAB here, by optical densities: their labels stay true.
F1 at IoU 0.5 by the organisers' rule, all scales, both models once.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.cells import find_cells
from app.network import Clock, Network, Progress, choose_device, find_weights
from app.network.ladder import Rung
from app.network.scales import AUTO, worth_running
from app.network.stains import DAB, DENSITY, HAEMATOXYLIN, find_strength, lenient, shares
from app.read import Pixels, normalise
from app.settings import Merging, Tracking, Windows
from evaluation.matching import match
from training.data import find_pairs, load_image, load_labels
from training.intensities import EOSIN

STRENGTHS = (0.6, 6.0)  # of haematoxylin and of DAB against the eosin whose place it takes
BRIGHT = 115  # mean of an image in white light


def main() -> None:
    """Prints one of the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", default="compact")
    parser.add_argument("--per-set", type=int, default=12)
    parser.add_argument("--sets", action="store_true")
    options = parser.parse_args()
    if options.sets:
        print_sets(options.data)
    else:
        network = Network.load(find_weights(options.weights), choose_device("cpu"), Windows(), exact=False)
        print_scores(network, options.data, options.per_set)


def print_sets(data: Path) -> None:
    """Every set with colour images: how many, their colours, and those taken for DAB."""
    print("| set | colour images | most brown | median blue | most green | taken for DAB |")
    print("|---" * 6 + "|")
    for folder in sorted(folder for folder in data.iterdir() if (folder / "images").is_dir()):
        found = []
        for path in sorted((folder / "images").iterdir()):
            image = load_image(path)[0]
            if (image[..., 0] != image[..., 2]).any():
                in_dab = find_strength(Pixels(image), image.shape[:2]) > 0
                found.append((*shares(image.reshape(-1, 3)), in_dab))
        if found:
            brown, blue, green, taken = np.array(found).T
            values = f"{brown.max():.3f} | {np.median(blue):.3f} | {green.max():.3f} | {taken.sum():.0f}"
            print(f"| {folder.name} | {len(found)} | {values} |")


def print_scores(network: Network, data: Path, per_set: int) -> None:
    """F1 per set as stained, in DAB as it is, in DAB by its haematoxylin; the demo's tissue counted."""
    print("| | images | as stained | in DAB, as it is | in DAB, by haematoxylin |\n|---|---|---|---|---|")
    for name in ("tnbc", "dsb2018"):
        pairs = [pair for pair in find_pairs(data, "val") if pair.set == name]
        loaded = [(load_image(pair.image)[0], load_labels(pair.label)) for pair in pairs]
        stained = [
            one for one in loaded if one[0].mean() > BRIGHT and (one[0][..., 0] != one[0][..., 2]).any()
        ]
        rows, taken = [], 0
        for image, true in stained[:per_set]:
            brown = in_dab(image)
            strength = find_strength(Pixels(brown), brown.shape[:2])  # 0 where it is not taken for DAB
            taken += strength > 0
            seen = ((image, 0.0), (brown, 0.0), (brown, strength))
            rows.append([match(true, labels(network, *one)).f1 for one in seen])
        means = " | ".join(f"{mean:.3f}" for mean in np.mean(rows, axis=0))
        print(f"| {name}, {taken} taken for DAB | {len(rows)} | {means} |")
    from skimage import data as images

    tissue = normalise(images.immunohistochemistry())
    strength = find_strength(Pixels(tissue), tissue.shape[:2])
    counts = [int(labels(network, tissue, one).max()) for one in (0.0, strength)]
    print(f"| cells of the demo's tissue | 1 | | {counts[0]} | {counts[1]} |")


def in_dab(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`(H, W, 3)` in haematoxylin and eosin → the same with DAB in the eosin's place."""
    amounts = DENSITY[image] @ np.linalg.pinv(np.array([HAEMATOXYLIN, EOSIN]))
    density = (np.maximum(amounts, 0) * STRENGTHS) @ np.array([HAEMATOXYLIN, DAB])
    return np.rint(255 * 10**-density).astype(np.uint8)


def labels(network: Network, image: NDArray[np.uint8], haematoxylin: float) -> NDArray[np.int32]:
    """`(H, W)` cells of an image that is shown with this strength."""
    shape = image.shape[0], image.shape[1]
    _, specialist = network.recognise(Pixels(image), shape, haematoxylin > 0)
    rung = Rung(0.25, len(network.engines_of(specialist)), worth_running(AUTO, shape))
    progress = Progress(rung, 0, haematoxylin=haematoxylin, specialist=specialist)
    bands = network.planned(Pixels(image), shape, Clock.start(None), progress)
    return find_cells(bands, shape, lenient(Tracking(), haematoxylin), Merging()).labels


if __name__ == "__main__":
    main()
