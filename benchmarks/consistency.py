"""What neighbours in time are worth to single frames: missed cells put in, split ones joined.

    python -m app predict -i FILM/images -o out/singles --scales 1 --budget none
    python -m benchmarks.consistency -i FILM/images -g FILM/labels -p out/singles
    python -m benchmarks.consistency -i FILM/images -g FILM/labels --drop 0.05

FILM holds t000.png, t001.png, … in both folders. `--drop` takes true outlines
in the place of a network's, of which it leaves out a part at random, ten times.
The truth has no tracks: they are linked from its outlines, as `examples.link_labels` does.

Right is what was drawn or joined with an IoU of 0.5 or more with a true cell that nothing had
matched before. Precision, recall and F1 at IoU 0.5 count the cells of all frames together.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from app.read import open_image
from app.read.stacks import folder_planes
from app.settings import Linking
from app.stack import Film, fill_gaps, link_frames, presence, rows, with_patches
from app.stack.drift import common_part
from app.write.labels import SUFFIX
from app.write.tracks import write_challenge
from evaluation.ctc import score_sequence
from evaluation.labelfiles import read_labels
from evaluation.matching import count_matches, score
from evaluation.overlap import count_overlaps
from examples.link_labels import main as link_labels

DRAWS = 10
INSIDE = 0.8  # of a part, that lies in the whole cell before and in the one after
SAME = 0.5  # IoU from which the cells before and after are one, and the parts together are that cell

Labels = NDArray[np.int32]


@dataclass(frozen=True)
class Row:
    """A way to treat the frames; sums over all draws, means of the scores."""

    name: str
    changed: int
    right: int
    precision: float
    recall: float
    f1: float
    seg: float
    tra: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.consistency")
    parser.add_argument("-i", "--images", type=Path, required=True)
    parser.add_argument("-g", "--truth", type=Path, required=True, help="labels of the same names")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("-p", "--predictions", type=Path, help="folder of tNNN_label.tiff")
    source.add_argument("--drop", type=float, help="part of the true cells that is left out")
    chosen = parser.parse_args(arguments)
    planes = folder_planes(chosen.images, "t")
    pictures = [gray(plane.path) for plane in planes]
    truth = [numbered(read_labels(plane.path)) for plane in folder_planes(chosen.truth, "t")]
    if chosen.predictions:
        names = [chosen.predictions / (plane.path.stem + SUFFIX) for plane in planes]
        draws = [[numbered(read_labels(name)) for name in names]]
    else:
        draws = [dropped(truth, chosen.drop, seed) for seed in range(DRAWS)]
    with TemporaryDirectory() as folder:
        link_labels(chosen.truth, Path(folder) / "01_GT")
        found = [compare(frames, truth, pictures, Path(folder)) for frames in draws]
    print("| frames | changed | right | P@0.5 | R@0.5 | F1@0.5 | SEG | TRA |\n" + "|---" * 8 + "|")
    for same in zip(*found, strict=True):
        counts = [sum(getattr(row, name) for row in same) for name in ("changed", "right")]
        means = [
            np.mean([getattr(row, name) for row in same])
            for name in ("precision", "recall", "f1", "seg", "tra")
        ]
        print(
            f"| {same[0].name} | {counts[0]} | {counts[1]} | " + " | ".join(f"{m:.3f}" for m in means) + " |"
        )
    return 0


def compare(
    frames: list[Labels], truth: list[Labels], pictures: list[NDArray[np.float32]], folder: Path
) -> list[Row]:
    """As they are, with gaps filled (the field followed in labels or images), with splits joined."""
    found = []
    for name, seen, fill in (("single frames", True, 2.0), ("gaps filled, by labels", False, 0.5),
                             ("gaps filled, by images", True, 0.5)):  # fmt: skip
        film = film_of(frames, pictures if seen else None, fill)
        found.append(judged(name, film, frames, frames, truth, folder))
    film = film_of(frames, pictures, 2.0)
    joined = joined_splits(film, frames)
    return [*found, judged("splits joined", film_of(joined, pictures, 2.0), frames, joined, truth, folder)]


def film_of(frames: Sequence[Labels], pictures: Sequence[NDArray[np.float32]] | None, fill: float) -> Film:
    """The frames, added one by one."""
    film = Film(Linking(fill=fill))
    for index, labels in enumerate(frames):
        film.add(labels, pictures[index] if pictures else None)
    return film


def judged(
    name: str, film: Film, before: list[Labels], frames: list[Labels], truth: list[Labels], folder: Path
) -> Row:
    """A row of the table, of `frames` that are linked, with what they were `before` they were changed."""
    tracks = link_frames(film)
    patches = fill_gaps(film, tracks, frames.__getitem__)
    drawn = [with_patches(tracks, patches, index, labels) for index, labels in enumerate(frames)]
    res = folder / "01_RES"
    write_challenge(res, iter(drawn), len(drawn), *rows(presence(tracks, patches), tracks.parents))
    scores = score_sequence(folder / "01_GT", res)
    old, new = (
        [count_matches(count_overlaps(*pair), 0.5) for pair in zip(truth, some, strict=True)]
        for some in (before, drawn)
    )
    cells = sum(map(len, patches.values())) + sum(
        int(a.max(initial=0)) - int(b.max(initial=0)) for a, b in zip(before, frames, strict=True)
    )
    right = sum(a[0] for a in new) - sum(a[0] for a in old)
    tp, fp, fn = (sum(one[part] for one in new) for part in range(3))
    match = score(tp, fp, fn, "global")
    return Row(
        name, cells, right, match.precision, match.recall, match.f1, scores.seg or 0.0, scores.tra or 0.0
    )


def joined_splits(film: Film, frames: list[Labels]) -> list[Labels]:
    """Frames in which the parts of a cell that is whole before and after are one cell again."""
    found = [labels.copy() for labels in frames]
    for frame in range(1, len(frames) - 1):
        before = placed(frames[frame - 1], film.moved(frame - 1, frame))
        after = placed(frames[frame + 1], film.moved(frame + 1, frame))
        pairs = count_overlaps(before, after)
        for index in np.flatnonzero(pairs.iou >= SAME):
            one = before == pairs.true_ids[pairs.true[index]]
            other = after == pairs.pred_ids[pairs.pred[index]]
            inside = frames[frame][one & other]
            sizes = np.bincount(frames[frame].ravel(), minlength=1)
            ids, shared = np.unique(inside[inside > 0], return_counts=True)
            parts = ids[shared >= INSIDE * sizes[ids]]
            whole = np.isin(frames[frame], parts) & (frames[frame] > 0)
            if len(parts) > 1 and min(iou(whole, one), iou(whole, other)) >= SAME:
                found[frame][whole] = parts[0]
    return [numbered(labels) for labels in found]


def placed(labels: Labels, shift: tuple[int, int]) -> Labels:
    """Labels of a frame where they lie once the field has moved by `shift`."""
    out = np.zeros_like(labels)
    into, piece = common_part(out, labels, (-shift[0], -shift[1]))
    into[:] = piece
    return out


def iou(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Of two masks."""
    union = int(np.count_nonzero(one | other))
    return int(np.count_nonzero(one & other)) / union if union else 0.0


def dropped(truth: Sequence[Labels], part: float, seed: int) -> list[Labels]:
    """The true cells, less a random part of them."""
    rng = np.random.default_rng(seed)
    found = []
    for labels in truth:
        kept = rng.random(int(labels.max(initial=0)) + 1) >= part
        found.append(numbered(np.where(kept[labels], labels, 0)))
    return found


def numbered(labels: NDArray[np.integer]) -> Labels:
    """The same cells, 1..N without gaps."""
    from skimage.segmentation import relabel_sequential

    new: Labels = relabel_sequential(labels.astype(np.int32))[0].astype(np.int32)
    return new


def gray(path: Path) -> NDArray[np.float32]:
    """`(H, W)`, as a run sees it."""
    with open_image(path) as source:
        whole = source.rows(0, source.info.height)
    return whole.mean(axis=2, dtype=np.float32)


if __name__ == "__main__":
    raise SystemExit(main())
