"""`ablate --frames N`: a network that sees single frames of films and one that remembers those before.

Both learn from the same samples in the same order for equal steps, and are scored on frames that no sample
held. A frame is predicted in patches; these are joined, and closing and area opening mend what slicing cut.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from app.errors import UsageError
from app.network.windows import importance, starts
from app.settings import Windows
from evaluation.assignment import best_pairs
from evaluation.ctc import SHOWN
from evaluation.matching import Match, count_matches, score
from evaluation.overlap import count_overlaps
from training.films import Clip, find_runs, judged_clips, training_clips
from training.fit import make_optimizer, train_step
from training.judge import judge
from training.lstm import CLASSES, STRIDE, FrameUNet
from training.objective import learning_rate
from training.sampling import set_of
from training.sequences import SequenceBatches, cut
from training.settings import Phase
from training.threeclass import INTERIOR, MIN_SIZE, class_loss

OVERLAP = 0.25  # of a patch
RIM = 2  # px of a cell that the boundary's class takes (`three_classes`); cells get them back

ROWS = {"U-Net, single frames": False, "U-Net with ConvLSTM": True}  # name → with memory


@dataclass(frozen=True)
class Row:
    """What a network came to on the frames of val."""

    name: str
    parameters: int
    seconds: float  # per step
    image_seconds: float  # per frame
    frames: int
    f1: float  # mean over frames, at IoU 0.5
    map: float  # likewise, over IoU 0.5, 0.55 … 0.95
    matches: tuple[Match, ...]  # at each IoU of SHOWN, the cells of all frames together
    iou: float  # mean of the pairs matched at IoU 0.5; 0 where there are none


def ablate_films(phase: Phase, train: Sequence[Clip], val: Sequence[Clip]) -> list[Row]:
    """Trains and scores both; raises UsageError where crops don't fit the networks."""
    if phase.crop % STRIDE:
        raise UsageError(f"crop = {phase.crop}: must be a multiple of {STRIDE} for these networks")
    return [run(name, lstm, phase, train, val) for name, lstm in ROWS.items()]


def load_films(root: Path, phase: Phase, frames: int) -> tuple[list[Clip], list[Clip]]:
    """Clips of `frames` to learn from, and those to be scored."""
    runs = find_runs(root, {set_of(name) for name in phase.sets})
    return training_clips(runs.get("train", []), frames), judged_clips(runs.get("val", []), frames)


def run(name: str, lstm: bool, phase: Phase, train: Sequence[Clip], val: Sequence[Clip]) -> Row:
    """Trains one network for `phase.steps` and scores it on every frame of `val`."""
    torch.manual_seed(phase.seed)
    model = FrameUNet(len(train[0].frames), lstm=lstm).to(memory_format=torch.channels_last).train()
    optimizer, batches = make_optimizer(model, phase), SequenceBatches(train, phase)
    spent = 0.0
    for step in tqdm(range(phase.steps), name, disable=None):
        batch = batches(step)
        began = time.monotonic()
        train_step(model, optimizer, batch, class_loss, learning_rate(step, phase), phase.clip, "cpu")
        spent += time.monotonic() - began
    model.eval()
    began = time.monotonic()
    found = [labels for clip in val for labels in segment(model, clip, phase.crop)]
    image_seconds = (time.monotonic() - began) / len(found)
    true = [frame.labels for clip in val for frame in clip.frames]
    parameters = sum(p.numel() for p in model.parameters())
    return Row(name, parameters, spent / phase.steps, image_seconds, len(found), *scored(true, found))


def scored(
    true: Sequence[NDArray[np.int32]], found: Sequence[NDArray[np.int32]]
) -> tuple[float, float, tuple[Match, ...], float]:
    """F1, mAP, matches and IoU of a `Row`."""
    judged = [judge(*pair) for pair in zip(true, found, strict=True)]
    tables = [count_overlaps(*pair) for pair in zip(true, found, strict=True)]
    counts = [
        [sum(c) for c in zip(*(count_matches(one, iou) for one in tables), strict=True)] for iou in SHOWN
    ]
    matches = tuple(score(tp, fp, fn, "global") for tp, fp, fn in counts)
    ious = np.concatenate([one.iou[best_pairs(one, 0.5)] for one in tables])
    f1, precision = (float(np.mean([getattr(one, name) for one in judged])) for name in ("f1", "map"))
    return f1, precision, matches, float(ious.mean()) if len(ious) else 0.0


@torch.inference_mode()
def segment(model: FrameUNet, clip: Clip, size: int) -> list[NDArray[np.int32]]:
    """`(H, W)` labels of each frame of a clip, from patches of `size` px that follow the field."""
    y0, x0, y1, x1 = clip.field
    count = len(clip.frames)
    sums = np.zeros((count, CLASSES + 1, y1 - y0, x1 - x0), np.float32)  # logits, and what weight is in them
    windows = Windows(size=size, overlap=OVERLAP)
    weight = importance(size, windows.sigma)
    for y in starts(y1 - y0, windows):
        for x in starts(x1 - x0, windows):
            corner = y0 + y, x0 + x
            patch = [
                cut(frame, (corner[0] - py, corner[1] - px), (size, size)).image
                for frame, (py, px) in zip(clip.frames, clip.places, strict=True)
            ]
            batch = torch.from_numpy(np.stack(patch).transpose(0, 3, 1, 2).astype(np.float32) / 255)
            output = model(batch.contiguous(memory_format=torch.channels_last), count).numpy()
            inside = np.s_[max(y, 0) : y + size, max(x, 0) : x + size]
            into = sums[:, :, *inside]
            own = np.s_[max(-y, 0) : max(-y, 0) + into.shape[2], max(-x, 0) : max(-x, 0) + into.shape[3]]
            into[:, :CLASSES] += output[:, :, *own] * weight[own]
            into[:, CLASSES] += weight[own]
    labels = []
    for one, frame, (py, px) in zip(sums, clip.frames, clip.places, strict=True):
        height, width = frame.labels.shape
        here = one[:, py - y0 : py - y0 + height, px - x0 : px - x0 + width]
        labels.append(mended(here[:CLASSES] / here[CLASSES]))
    return labels


def mended(logits: NDArray[np.float32]) -> NDArray[np.int32]:
    """`(3, H, W)` of joined patches → labels: the parts of the interior after closing and area opening.

    Closing bridges a seam of two pixels between patches, which is less than a
    boundary between cells; area opening drops the crumbs that are left.
    """
    from scipy.ndimage import label
    from scipy.special import softmax
    from skimage.morphology import area_opening, closing, disk
    from skimage.segmentation import expand_labels

    interior = closing((softmax(logits, axis=0)[1] > INTERIOR).astype(np.uint8), disk(1))
    parts = label(area_opening(interior, MIN_SIZE))[0]
    cells: NDArray[np.int32] = expand_labels(parts, RIM).astype(np.int32)
    return cells


def film_table(rows: Sequence[Row], steps: int) -> str:
    """Markdown."""
    at = " | ".join(f"{kind}@{iou:g}" for iou in SHOWN for kind in ("P", "R"))
    head = f"| after {steps} steps | parameters | s per step | s per frame | F1@0.5 | mAP | {at} | IoU |"
    lines = [head, "|---" * (7 + 2 * len(SHOWN)) + "|"]
    for row in rows:
        values = [row.f1, row.map, *(v for m in row.matches for v in (m.precision, m.recall)), row.iou]
        times = f"{row.seconds:.2f} | {row.image_seconds:.2f}"
        scores = " | ".join(f"{value:.3f}" for value in values)
        lines.append(f"| {row.name} | {row.parameters / 1e6:.2f} M | {times} | {scores} |")
    return "\n".join(lines)
