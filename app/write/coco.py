"""COCO's JSON of object detection, which training frameworks and annotation tools open."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from .. import __version__
from ..errors import WriteError
from ..system.files import whole_file
from .groups import groups
from .result import Result
from .runs import Runs, column_runs, compressed

ENDING = "_coco.json"
FOLDER = "coco.json"  # of all images of a folder
HEAD = '{"info":{"description":"mediar-box"'
# One image or cell stands on each line, so that a slide's cells never have to be held as objects.
IMAGES, CATEGORIES, ANNOTATIONS = '"images":[', '"categories":[{"id":1,"name":"cell"}],', '"annotations":['


def write(result: Result, folder: Path) -> Path:
    """Writes `<stem>_coco.json`, one annotation per cell, named by its id; returns its path.

    The masks are compressed run lengths, as pycocotools writes them: polygons
    through the middle of pixels would not give the labels back.
    """
    path = folder / f"{result.stem}{ENDING}"
    height, width = result.shape
    image = {"id": 1, "file_name": result.name, "height": height, "width": width}
    cells = (
        line
        for group in groups(result)
        for line in described(result, column_runs(group.labels, group.top, height), group.before)
    )
    write_lines(path, iter([dumps(image)]), cells)
    return path


def described(result: Result, runs: Runs, before: int) -> Iterator[str]:
    """One line of JSON per cell; `before` added to the runs' ids makes them those of the image."""
    size = list(runs.shape)
    texts = compressed(runs)
    ids = runs.ids + before
    rows = zip(ids.tolist(), texts, runs.areas.tolist(), runs.boxes.tolist(), strict=True)
    for cell, counts, area, box in rows:
        annotation = {
            "id": cell,
            "image_id": 1,
            "category_id": 1,
            "segmentation": {"size": size, "counts": counts},
            "area": area,
            "bbox": box,
            "iscrowd": 0,
            "label": cell,
        }
        if result.scores is not None:
            annotation["score"] = round(float(result.scores[cell - 1]), 4)
        yield dumps(annotation)


def gather(folder: Path) -> Path | None:
    """Writes `coco.json` of all images whose `<stem>_coco.json` lies in `folder`; returns its path.

    It is made from those files alone, so a run that goes on where another
    stopped ends with the same. Images and annotations are numbered anew, from 1;
    `label` stays the cell's id in its image. None where there is no such file.
    Raises WriteError where one of them is damaged.
    """
    paths = [path for path in sorted(folder.glob(f"*{ENDING}")) if is_ours(path)]
    if not paths:
        return None
    images = (
        dumps({**image, "id": number})
        for number, path in enumerate(paths, 1)
        for image in objects(path, IMAGES)
    )
    write_lines(folder / FOLDER, images, renumbered(paths))
    return folder / FOLDER


def renumbered(paths: list[Path]) -> Iterator[str]:
    """The annotations of all files, with ids that are unique among them."""
    count = 0
    for number, path in enumerate(paths, 1):
        for annotation in objects(path, ANNOTATIONS):
            count += 1
            yield dumps({**annotation, "id": count, "image_id": number})


def write_lines(path: Path, images: Iterator[str], cells: Iterator[str]) -> None:
    """Writes the document, whole or not at all."""
    with whole_file(path) as partial, partial.open("w", encoding="ascii") as file:
        file.write(f'{HEAD},"version":"{__version__}"}},\n{IMAGES}\n')
        for index, line in enumerate(images):
            file.write(("," if index else "") + line + "\n")
        file.write(f"],\n{CATEGORIES}\n{ANNOTATIONS}\n")
        for index, line in enumerate(cells):
            file.write(("," if index else "") + line + "\n")
        file.write("]}\n")


def objects(path: Path, section: str) -> Iterator[dict[str, object]]:
    """Those of one section of a file of ours, one after another."""
    try:
        with path.open(encoding="ascii") as file:
            inside = False
            for line in file:
                if inside and line.startswith("]"):
                    return
                if inside:
                    yield json.loads(line.lstrip(","))
                inside = inside or line.rstrip() == section
    except ValueError as cause:  # no JSON, or no ASCII
        raise WriteError(f"{path}: is damaged ({cause}); run again with --overwrite") from cause
    raise WriteError(f"{path}: is damaged, it ends too early; run again with --overwrite")


def is_ours(path: Path) -> bool:
    """Whether the file was written here; others of such a name are left alone."""
    with path.open("rb") as file:
        return file.read(len(HEAD)) == HEAD.encode()


ENCODER = json.JSONEncoder(separators=(",", ":"))


def dumps(value: dict[str, object]) -> str:
    """One line of ASCII."""
    return ENCODER.encode(value)
