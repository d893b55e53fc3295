"""Model selection: F1 on the val split where there are labels, the number of cells where there are none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from app.errors import UsageError
from app.network.engines import Engine
from app.read import find_images
from training.data import Pair, load_image
from training.passes import Variant, segment_all, variants
from training.score import Row, mean_by_set, score, size_table, variant_table

Load = Callable[[Path], Engine]


def by_labels(candidates: Sequence[Path], pairs: Sequence[Pair], load: Load) -> tuple[Path, str]:
    """The candidate with the best F1, mean over sets, and tables by set and by size of cell.

    Sets count alike, however many images they have; one model without flips.
    """
    rows: list[Row] = []
    names = names_of(candidates)
    for candidate in candidates:
        alone = Variant(names[candidate], variants(1)[0].keys)
        rows += score([load(candidate)], pairs, [alone])
    means = {variant: means[""] for variant, means in mean_by_set(rows, "f1").items()}
    best = max(candidates, key=lambda candidate: means[names[candidate]])
    return best, f"{variant_table(rows, 'f1')}\n\n{size_table(rows)}"


def by_count(candidates: Sequence[Path], folder: Path, load: Load) -> tuple[Path, str]:
    """The candidate that finds most cells in images without labels, and the counts as a table.

    A model that meets a new modality misses cells far more often than it
    invents them, so the published code chose by the count too.
    """
    images = [load_image(path)[0] for path in find_images([folder])]
    if not images:
        raise UsageError(f"{folder}: holds no images, so no model finds more in them than another")
    (plain, _) = variants(1)
    names, counts = names_of(candidates), {}
    for candidate in candidates:
        engine = load(candidate)
        counts[candidate] = sum(int(segment_all([engine], i, [plain])[plain.name].max()) for i in images)
    lines = ["| | cells |", "|---|---|", *(f"| {names[path]} | {count} |" for path, count in counts.items())]
    return max(candidates, key=lambda candidate: counts[candidate]), "\n".join(lines)


def names_of(candidates: Sequence[Path]) -> dict[Path, str]:
    """Candidate → its stem, or its path where another has the same stem."""
    times = Counter(candidate.stem for candidate in dict.fromkeys(candidates))
    return {path: path.stem if times[path.stem] == 1 else str(path) for path in candidates}
