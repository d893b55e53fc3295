"""New labels where two models disagree: what both find and nobody has drawn is added.

The paper relabels images for its second phase and does not say how; its code
takes the predictions of a pretrained model in place of one range of labels.
Here a person's cells stay as they are. An image on which the models agree is
left alone. On the others each cell that both of them find, and that lies on
what the label calls background, is taken for one that was forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from app.network.engines import Engine
from app.system.files import whole_file
from app.system.tables import write_table
from app.write.labels import label_dtype
from evaluation.assignment import best_pairs
from evaluation.matching import match
from evaluation.overlap import count_overlaps
from training.data import DataError, Pair, load_image, load_labels
from training.passes import segment_all, variants

AGREEMENT = 0.8  # F1 of one model against the other, from which a label is left alone
DRAWN = 0.1  # share of a cell that may lie on cells of the label


@dataclass(frozen=True)
class Relabelled:
    """What became of one label."""

    pair: Pair
    agreement: float  # F1 between the two models
    added: int  # cells


def relabel(engines: Sequence[Engine], pairs: Sequence[Pair], folder: Path) -> list[Relabelled]:
    """Writes `folder/<set>/labels/<id>.tiff` where cells were added, and `folder/relabelled.csv`."""
    if len(engines) != 2:
        raise DataError(f"relabelling compares two models, these weights hold {len(engines)}")
    done = []
    alone = variants(2)[:2]
    for pair in tqdm(pairs, "images", disable=None):
        found = segment_all(engines, load_image(pair.image)[0], alone)
        first, second = (found[variant.name] for variant in alone)
        agreement = match(first, second, rule="global").f1
        added = 0
        if agreement < AGREEMENT:
            labels, added = add_common(load_labels(pair.label), first, second)
            if added:
                write_labels(labels, folder / pair.set / "labels" / f"{pair.id}.tiff")
        done.append(Relabelled(pair, agreement, added))
    write_report(done, folder / "relabelled.csv")
    return done


def add_common(
    true: NDArray[np.int32], first: NDArray[np.int32], second: NDArray[np.int32]
) -> tuple[NDArray[np.int32], int]:
    """`true` with the cells that both models find at IoU ≥ 0.5 on its background, and how many.

    An added cell is made of the pixels on which the models agree, less those of drawn cells.
    """
    overlaps = count_overlaps(first, second)
    labels = true.copy()
    added = 0
    for pair in best_pairs(overlaps, 0.5):
        cell = first == overlaps.true_ids[overlaps.true[pair]]
        cell &= second == overlaps.pred_ids[overlaps.pred[pair]]
        if (true[cell] > 0).mean() <= DRAWN:
            added += 1
            labels[cell & (true == 0)] = true.max() + added
    return labels, added


def write_labels(labels: NDArray[np.int32], path: Path) -> None:
    """A label TIFF, whole or not at all."""
    import tifffile

    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as partial:
        tifffile.imwrite(partial, labels.astype(label_dtype(int(labels.max()))), compression="zlib")


def write_report(done: Sequence[Relabelled], path: Path) -> None:
    """One line per image: set, id, agreement, cells added."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = ([r.pair.set, r.pair.id, f"{r.agreement:.4f}", r.added] for r in done)
    write_table(path, ["set", "id", "agreement", "added"], rows)
