"""COCO files as pycocotools opens them, of one image and of a folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from pycocotools.coco import COCO

from app.errors import WriteError
from app.write import GATHERERS, WRITERS, Result

# NumPy 2 on how pycocotools 2.0.11 hands its masks out
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")


@pytest.fixture(scope="module")
def field(synthetic_field) -> Callable[[str, int], Result]:
    """`make(stem, seed)`: touching cells, one with a hole, ids with a gap, scores."""

    def make(stem: str, seed: int) -> Result:
        image, labels = synthetic_field(130, 170, 30, seed)
        labels[labels == 3] = 0
        labels[50:70, 50:70], labels[55:60, 55:60] = labels.max() + 1, 0
        scores = np.linspace(0.5, 1, labels.max(), dtype=np.float32)
        flow = np.zeros((2, 130, 170), np.float32)
        return Result(
            stem, image, image, labels, flow, labels * 1.0, scores=scores, file_name=f"{stem}.ome.tif"
        )

    return make


def opened(path: Path) -> COCO:
    with redirect_stdout(StringIO()):
        return COCO(path)


def decoded(coco: COCO, image: int) -> np.ndarray:
    """The labels of one image, from its masks."""
    size = coco.imgs[image]["height"], coco.imgs[image]["width"]
    labels = np.zeros(size, np.int32)
    for annotation in coco.imgToAnns[image]:
        mask = coco.annToMask(annotation)
        assert not labels[mask == 1].any(), "cells do not overlap"
        assert annotation["area"] == mask.sum()
        x, y, width, height = annotation["bbox"]
        assert mask[y : y + height, x : x + width].sum() == mask.sum()
        labels[mask == 1] = annotation["label"]
    return labels


def test_pycocotools_decodes_the_labels(field, tmp_path: Path) -> None:
    result = field("a", 0)
    path = WRITERS["coco"](result, tmp_path)
    assert path.name == "a_coco.json"
    coco = opened(path)
    assert np.array_equal(decoded(coco, 1), result.labels)
    assert coco.imgs[1]["file_name"] == "a.ome.tif"
    assert coco.loadCats(coco.getCatIds())[0]["name"] == "cell"
    for cell, annotation in coco.anns.items():
        assert annotation["score"] == pytest.approx(result.scores[cell - 1], abs=1e-4)


def test_a_result_without_scores_has_none(field, tmp_path: Path) -> None:
    path = WRITERS["coco"](replace(field("a", 0), scores=None), tmp_path)
    assert not [one for one in json.loads(path.read_text())["annotations"] if "score" in one]


def test_a_folder_is_made_of_its_images(field, tmp_path: Path) -> None:
    """Ids are unique in the folder; an image without cells is still one of its images."""
    results = [field("a", 1), replace(field("b", 2), labels=np.zeros((130, 170), np.int32)), field("c", 3)]
    for result in reversed(results):
        WRITERS["coco"](result, tmp_path)
    (tmp_path / "mine_coco.json").write_text('{"images": [], "annotations": []}')
    path = GATHERERS["coco"](tmp_path)
    assert path == tmp_path / "coco.json"
    coco = opened(path)
    assert [coco.imgs[i]["file_name"] for i in (1, 2, 3)] == ["a.ome.tif", "b.ome.tif", "c.ome.tif"]
    assert sorted(coco.anns) == list(range(1, len(coco.dataset["annotations"]) + 1))
    for number, result in enumerate(results, 1):
        assert np.array_equal(decoded(coco, number), result.labels)
    first = path.read_bytes()
    assert GATHERERS["coco"](tmp_path) is not None
    assert path.read_bytes() == first, "coco.json is none of its own images"


@pytest.mark.parametrize("share", [0.3, 0.7])
def test_a_damaged_file_is_one_line(field, tmp_path: Path, share: float) -> None:
    data = WRITERS["coco"](field("a", 0), tmp_path).read_bytes()
    (tmp_path / "a_coco.json").write_bytes(data[: int(share * len(data))])
    with pytest.raises(WriteError, match=r"a_coco\.json: is damaged.*--overwrite$"):
        GATHERERS["coco"](tmp_path)
    assert not (tmp_path / "coco.json").exists()


def test_a_folder_without_coco_files(tmp_path: Path) -> None:
    assert GATHERERS["coco"](tmp_path) is None
