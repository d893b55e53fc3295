"""Pictures of the worst cases: truth beside prediction, for a folder that no repository carries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.network.engines import Engine
from app.system.files import whole_file
from app.write.overlay import overlay
from evaluation.measures import measure
from evaluation.overlap import count_overlaps
from training.data import Pair, load_image, load_labels
from training.judge import judge
from training.passes import segment_all, variants

GAP = 8  # px of white between truth and prediction


def gallery(engines: Sequence[Engine], pairs: Sequence[Pair], folder: Path, count: int) -> str:
    """Draws the `count` worst images of each set; returns a Markdown table of what went wrong in them."""
    folder.mkdir(parents=True, exist_ok=True)
    best = variants(len(engines))[-1]
    lines = ["| set | image | F1 | split | merged | missed | invented |", "|---" * 7 + "|"]
    for name in sorted({pair.set for pair in pairs}):
        cases = []
        for pair in (p for p in pairs if p.set == name):
            image, true = load_image(pair.image)[0], load_labels(pair.label)
            found = segment_all(engines, image, [best])[best.name]
            cases.append((judge(true, found).f1, pair.id, image, true, found))
        for f1, id_, image, true, found in sorted(cases, key=lambda case: case[:2])[:count]:
            draw(image, true, found, folder / f"{name}_{f1:.2f}_{id_}.png")
            m = measure(count_overlaps(true, found))
            lines.append(
                f"| {name} | {id_} | {f1:.2f} | {m.split} | {m.merged} | {m.missed} | {m.invented} |"
            )
    return "\n".join(lines)


def draw(image: NDArray[np.uint8], true: NDArray[np.int32], found: NDArray[np.int32], path: Path) -> None:
    """Truth on the left, prediction on the right, as PNG."""
    from imagecodecs import png_encode

    white = np.full((image.shape[0], GAP, 3), 255, np.uint8)
    picture = np.concatenate([overlay(image, true), white, overlay(image, found)], axis=1)
    with whole_file(path) as partial:
        partial.write_bytes(png_encode(picture))
