"""Which image is written under which name, and which share of a folder is ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ..errors import UsageError


def output_stems(images: Sequence[Path]) -> dict[Path, str]:
    """The stem under which each image's results are written.

    It is the name up to its first dot, as the organisers' scorer expects.
    Images that share it get the name up to the last dot instead, or the whole
    name where even that is shared. Raises UsageError where two images have the
    same name altogether.
    """
    stems = {path: path.name.split(".")[0] or path.name for path in images}
    for longer in (lambda path: path.stem, lambda path: path.name):
        shared = Counter(stems.values())
        stems = {path: longer(path) if shared[stem] > 1 else stem for path, stem in stems.items()}
    for stem, count in Counter(stems.values()).items():
        if count > 1:
            twins = ", ".join(str(path) for path in images if stems[path] == stem)
            raise UsageError(f"{twins}: would all be written as '{stem}'; run them into different folders")
    return stems


def shard(images: Sequence[Path], part: tuple[int, int]) -> list[Path]:
    """The K-th of N equal parts, every N-th image, so that sizes mix. Raises UsageError unless 1 ≤ K ≤ N."""
    k, n = part
    if not 1 <= k <= n:
        raise UsageError(f"shard {k}/{n}: use K/N with K from 1 to N")
    return list(images[k - 1 :: n])
