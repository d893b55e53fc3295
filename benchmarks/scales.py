"""What each scale finds, what merging makes of it, and what scores are worth, on images with labels.

    python -m benchmarks.scales --data ../shared/data/cells              # the table
    python -m benchmarks.scales --data ../shared/data/cells closer       # where a look at four times pays
    python -m benchmarks.scales --data ../shared/data/cells calibration  # how often a score is right

F1 at IoU 0.5 by the organisers' rule, means over the images of a set; images
at their own size and resized by a quarter, a half, 2 and 4, so that cells of
every size are there; each resized image is there at its own size, too. By the
models that a prediction takes, one pass each, no flips, at overlap 0.25.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.cells import find_cells
from app.network import Clock, Network, Progress, ScaleBands, choose_device, find_weights
from app.network.closer import apparent_diameter, may_pay, pays
from app.network.ladder import Rung
from app.network.scales import AUTO, CLOSEST, SCALES, worth_running
from app.read import Pixels
from app.run.calibrated import alone
from app.settings import Merging, Tracking, Windows
from evaluation.matching import match
from training.data import Pair, diameters_of, find_pairs, load_image, load_labels, median_of, spread

FACTORS = (1.0, 0.25, 0.5, 2.0, 4.0)
MOST = {2.0: 700**2, 4.0: 530**2}  # px of an image that is resized by the factor
LEAST = 6.0  # px, the median diameter that cells keep where an image shrinks: labels of less are hardly drawn
OVERLAP = 0.25
EDGES = np.linspace(0, 1, 11)

Labels = NDArray[np.int32]


@dataclass(frozen=True)
class Field:
    """One image with its truth, resized by `factor`."""

    set: str
    factor: float
    image: NDArray[np.uint8]
    true: Labels
    id: str = ""

    @property
    def diameter(self) -> float:
        """Median over cells, px; 0 without cells."""
        return median_of(diameters_of(self.true))

    def stands(self, factor: float) -> bool:
        """Whether it is worth resizing: neither too large nor left with specks."""
        return self.true.size <= MOST.get(factor, np.inf) and (factor >= 1 or self.diameter * factor >= LEAST)


def fields(pairs: list[Pair], per_set: int) -> Iterator[Field]:
    """`per_set` images of each set at their own size, and as many of these at each other factor as stand it.

    All of them are resized: of two or three small images one cell is 0.07 of F1.
    """
    by_set: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_set[pair.set].append(pair)
    for name, mine in by_set.items():
        chosen = spread(mine, min(per_set, len(mine)))
        for factor in FACTORS:
            for pair in chosen:
                image, true = load_image(pair.image)[0], load_labels(pair.label)
                field = Field(name, factor, image, true, pair.id)
                if factor == 1 or field.stands(factor):
                    yield resized(field)


def resized(field: Field) -> Field:
    """Image (cubic, or the mean where it shrinks) and labels (nearest) at their new size."""
    from skimage.transform import resize

    if field.factor == 1:
        return field
    shape = tuple(max(round(side * field.factor), 1) for side in field.true.shape)
    order = 3 if field.factor > 1 else 1
    image = resize(field.image, shape, order=order, anti_aliasing=field.factor < 1, preserve_range=True)
    true = resize(field.true, shape, order=0, anti_aliasing=False, preserve_range=True)
    return Field(
        field.set, field.factor, np.rint(image).clip(0, 255).astype(np.uint8), true.astype(np.int32), field.id
    )


def seen(network: Network, image: NDArray[np.uint8], scales: tuple[float, ...] = AUTO) -> ScaleBands:
    """Flow and probability at those of `scales` that pay."""
    shape = image.shape[0], image.shape[1]
    _, specialist = network.recognise(Pixels(image), shape)
    rung = Rung(OVERLAP, len(network.engines_of(specialist)), worth_running(scales, shape))
    progress = Progress(rung, 0, specialist=specialist, closer=may_pay(scales, shape))
    return network.planned(Pixels(image), shape, Clock.start(None), progress)


def table(network: Network, pairs: list[Pair], per_set: int) -> str:
    """Markdown: a row per scale, merged, the same images merged at their own size, the best scale of each."""
    rows: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    own: dict[tuple[str, str], float] = {}
    for field in fields(pairs, per_set):
        column = f"{field.set} × {field.factor:g}" if field.factor != 1 else field.set
        shape = field.true.shape[0], field.true.shape[1]
        bands = seen(network, field.image)
        alone = {}
        for band in bands:
            found = find_cells([band], shape, Tracking(), Merging())
            alone[band[0]] = match(field.true, found.labels).f1
        for scale in SCALES:
            rows[f"scale {scale:g}"][column].append(alone.get(scale, np.nan))
        merged = find_cells(bands, shape, Tracking(), Merging())
        f1 = match(field.true, merged.labels).f1
        if field.factor == 1:
            own[field.set, field.id] = f1
        rows["merged"][column].append(f1)
        rows["merged, the same images at their own size"][column].append(own[field.set, field.id])
        rows["best scale, known afterwards"][column].append(max(alone.values()))
    columns = sorted(rows["merged"], key=lambda name: ("×" in name, name.split("×")[-1], name))
    lines = ["| | " + " | ".join([*columns, "mean"]) + " |", "|---" * (len(columns) + 2) + "|"]
    for name, row in rows.items():
        means = [float(np.mean([v for v in row[c] if v == v])) if any(v == v for v in row[c]) else None
                 for c in columns]  # fmt: skip
        whole = float(np.mean([m for m in means if m is not None]))
        texts = ["–" if m is None else f"{m:.3f}" for m in [*means, whole]]
        lines.append(f"| {name} | " + " | ".join(texts) + " |")
    return "\n".join(lines)


def closer(network: Network, pairs: list[Pair], per_set: int) -> str:
    """Markdown: small fields by how large their cells appear, without and with a look at CLOSEST."""
    lines = ["| field | cells | median, px | appear, px | F1 | F1 with a closer look |", "|---" * 6 + "|"]
    rows = []
    for field in fields(pairs, per_set):
        shape = field.true.shape[0], field.true.shape[1]
        if may_pay(AUTO, shape) and field.diameter >= LEAST:
            plain = seen(network, field.image, AUTO[1:])
            near = [*seen(network, field.image, (CLOSEST,)), *plain]
            merged = (find_cells(bands, shape, Tracking(), Merging()) for bands in (plain, near))
            f1s = [match(field.true, found.labels).f1 for found in merged]
            scale, band = plain[0]
            name = f"{field.set} × {field.factor:g} {field.id[:8]}"
            rows.append((apparent_diameter(*band, scale), name, field.true.max(), field.diameter, *f1s))
    for appear, name, cells, diameter, *f1s in sorted(rows):
        lines.append(f"| {name} | {cells} | {diameter:.1f} | {appear:.1f} | {f1s[0]:.3f} | {f1s[1]:.3f} |")
    gained = [with_it - without for appear, *_, without, with_it in rows if pays(appear)]
    lines.append(
        f"\n{len(gained)} of {len(rows)} are looked at closer; F1 {np.mean(gained):+.3f} in their mean."
    )
    return "\n".join(lines)


def calibration(network: Network, pairs: list[Pair], per_set: int) -> str:
    """Markdown: of the cells in each tenth of score, the share with a true cell at IoU 0.5."""
    scores, right = [], []
    for field in fields(pairs, per_set):
        if field.factor == 1:
            shape = field.true.shape[0], field.true.shape[1]
            found = find_cells(seen(network, field.image), shape, Tracking(), Merging())
            scores.append(found.scores)
            right.append(hits(field.true, found.labels, len(found.scores)))
    score, hit = np.concatenate(scores), np.concatenate(right)
    tenth = np.clip(np.digitize(score, EDGES) - 1, 0, 9)
    lines = ["| score | cells | true |", "|---|---|---|"]
    for i in range(10):
        mine = hit[tenth == i]
        share = f"{mine.mean():.2f}" if len(mine) else "–"
        lines.append(f"| {EDGES[i]:.1f} to {EDGES[i + 1]:.1f} | {len(mine)} | {share} |")
    return "\n".join(lines)


def hits(true: Labels, found: Labels, count: int) -> NDArray[np.bool_]:
    """`(count,)`: has this cell a true one at an IoU above a half? There is at most one."""
    keys = true.ravel().astype(np.int64) << 32 | found.ravel()
    both, common = np.unique(keys, return_counts=True)
    t, f = both >> 32, both & 0xFFFFFFFF
    true_areas, areas = np.bincount(true.ravel()), np.bincount(found.ravel(), minlength=count + 1)
    iou = common / (true_areas[t] + areas[f] - common)
    hit = np.zeros(count + 1, np.bool_)
    hit[f[(t > 0) & (f > 0) & (iou > 0.5)]] = True
    return hit[1:]


TABLES = {"table": table, "closer": closer, "calibration": calibration}


def main() -> None:
    """Prints one of TABLES."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="?", default="table", choices=sorted(TABLES))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--split", default="val")
    parser.add_argument("--sets", nargs="+", metavar="SET", help="these alone")
    parser.add_argument("--per-set", type=int, default=12, help="images of each set at their own size")
    parser.add_argument("--weights", default="compact")
    parser.add_argument("--specialist", default="auto", help="who sees all images, as in `predict`")
    options = parser.parse_args()
    weights = alone(find_weights(options.weights), options.specialist)
    network = Network.load(weights, choose_device("auto"), Windows(), exact=False)
    pairs = find_pairs(options.data, options.split)
    if options.sets:
        pairs = [pair for pair in pairs if pair.set in options.sets]
    print(TABLES[options.what](network, pairs, options.per_set))


if __name__ == "__main__":
    main()
