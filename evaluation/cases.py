"""Which true label file belongs to which predicted one, and to which set."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from app.errors import UsageError
from app.system.tables import read_table
from evaluation.labelfiles import index_labels, index_predictions
from evaluation.rle import Encoded, read_rows

SPLITS = "splits.csv"  # columns set, id, split; beside the labels' folder or up to two above


@dataclass(frozen=True)
class Case:
    """One image to score; a path is None where no file was found."""

    set: str
    image: str
    true: Path | Encoded | None
    pred: Path | None


@dataclass(frozen=True)
class Cases:
    """All images to score, and lines about what the folders held beyond them."""

    cases: tuple[Case, ...]
    notes: tuple[str, ...]


def find_cases(truth: Path, predictions: Path, split: str | None = None) -> Cases:
    """Pairs the label files of two folders by stem.

    `truth` is a folder of labels, or one of sets (`<set>/labels/` or `<set>/`). Predictions are
    looked up in `predictions/<set>/` where that exists, else in `predictions/`, under the true
    stem or that up to its first dot. With `split`, the images of that split in `splits.csv` are
    taken, those without a true label file too. `truth` may be a CSV of run lengths instead, whose
    name stands for the set. Raises UsageError where there is nothing to score.
    """
    if truth.is_file():
        return _cases_of_rows(truth, predictions, split)
    for folder in (truth, predictions):
        if not folder.is_dir():
            raise UsageError(f"{folder}: no such folder; give one of label files")
    folders = _label_folders(truth)
    cases: list[Case] = []
    for folder in folders:
        cases += _cases_of(folder, predictions, split, mixed=folder == truth)
    if not cases:
        raise UsageError(f"{truth}: no image of split {split!r} in {SPLITS}; see its column 'split'")
    _refuse_ambiguous(cases)
    return Cases(tuple(cases), tuple(_extra(cases, predictions)))


def _cases_of_rows(truth: Path, predictions: Path, split: str | None) -> Cases:
    if split is not None:
        raise UsageError(f"{truth}: --split is for folders of labels; leave it out")
    if not predictions.is_dir():
        raise UsageError(f"{predictions}: no such folder; give one of label files")
    held = index_labels(predictions)
    rows = read_rows(truth)
    cases = [Case(truth.stem, image, encoded, held.get(image)) for image, encoded in rows.items()]
    return Cases(tuple(cases), tuple(_extra(cases, predictions)))


def _label_folders(truth: Path) -> list[Path]:
    if index_labels(truth):
        return [truth]
    inner = [sub / "labels" if (sub / "labels").is_dir() else sub for sub in sorted(truth.iterdir())]
    folders = [folder for folder in inner if folder.is_dir() and index_labels(folder)]
    if not folders:
        raise UsageError(f"{truth}: holds no label files (.tif, .tiff, .png, .npy), nor sets of them")
    return folders


def _cases_of(folder: Path, predictions: Path, split: str | None, *, mixed: bool) -> list[Case]:
    own_set = folder.resolve().parent.name if folder.name == "labels" else folder.resolve().name
    true = index_labels(folder)
    listed = _read_splits(folder, own_set, mixed=mixed)
    if split is None:
        ids = list(true)
    elif listed is None:
        raise UsageError(f"{folder}: --split needs a {SPLITS} beside it or above, with set,id,split")
    else:
        ids = [image for image, (_, kind) in listed.items() if kind == split]
    stems = Counter(image.split(".")[0] for image in ids)
    pred: dict[str, dict[str, Path]] = {}  # set → its index, read once
    cases = []
    for image in ids:
        name = listed[image][0] if listed and image in listed else own_set
        if name not in pred:
            own = predictions / name
            pred[name] = index_labels(own if own.is_dir() else predictions)
        short = image.split(".")[0]
        found = pred[name].get(image) or (pred[name].get(short) if stems[short] == 1 else None)
        cases.append(Case(name, image, true.get(image), found))
    return cases


def _read_splits(folder: Path, own_set: str, *, mixed: bool) -> dict[str, tuple[str, str]] | None:
    """Image → (set, split), of the labels' own set; where the file does not name that and the labels
    may be `mixed`, of all sets."""
    above = folder.resolve()
    path = next((up / SPLITS for up in (above, *above.parents[:2]) if (up / SPLITS).is_file()), None)
    if path is None:
        return None
    rows = read_table(path, UsageError, "save it as CSV in UTF-8")
    if rows and not {"id", "split"} <= rows[0].keys():
        raise UsageError(f"{path}: has columns {', '.join(rows[0])}; id and split are needed")
    ours = [row for row in rows if (row.get("set") or own_set) == own_set]
    if mixed and not ours:
        ours = rows
    return {row["id"]: (row.get("set") or own_set, row["split"]) for row in ours}


def _refuse_ambiguous(cases: list[Case]) -> None:
    times = Counter(case.pred for case in cases if case.pred)
    for case in cases:
        if case.pred and times[case.pred] > 1:
            raise UsageError(
                f"{case.pred}: is the prediction of {times[case.pred]} true images named {case.image}; "
                "put the predictions into one folder per set"
            )


def _extra(cases: list[Case], predictions: Path) -> list[str]:
    """A line for each predictions folder that holds more images than are scored."""
    used = {case.pred for case in cases}
    folders = {case.pred.parent for case in cases if case.pred} or {predictions}
    lines = []
    for folder in sorted(folders):
        named = list(index_predictions(folder).values())
        extra = [path.name for path in named if path not in used]
        if extra:
            lines.append(
                f"{folder}: {len(extra)} of {len(named)} predictions are not among the images scored "
                f"(the first: {extra[0]})"
            )
    return lines
