"""One command writes everything, every file opens in its own reader, and a cell has one id in all of them."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
import tifffile
import zarr
from imagecodecs import imread, png_encode
from ome_zarr.io import parse_url
from ome_zarr.reader import Reader
from roifile import roiread

from app.cli import main
from app.settings import Tracking
from app.write import WRITERS
from tests.run.runs import files, job
from tests.run.runs import run as run_images

ALL = ",".join(WRITERS)
# 20 of the smallest images, a share of every kind of microscopy
SHARES = {"dsb2018": 8, "bbbc039": 2, "tnbc": 3, "usiigaci": 1, "vicar": 2, "baby": 4}


def assert_all_written(folder: Path, stem: str, title: str | None = None, *, flows: bool = True) -> None:
    """Opens each output of one image and compares ids and areas."""
    labels = tifffile.imread(folder / f"{stem}_label.tiff").astype(np.int32)
    areas = np.bincount(labels.ravel())
    ids = np.flatnonzero(areas[1:]) + 1

    table = pd.read_csv(folder / f"{stem}_cells.csv")
    assert table["id"].tolist() == ids.tolist()
    assert table["area"].tolist() == areas[ids].tolist()

    collection = pd.read_json(folder / f"{stem}.geojson", typ="series")
    assert [int(feature["properties"]["name"]) for feature in collection["features"]] == ids.tolist()
    shapes = shapely.from_geojson((folder / f"{stem}.geojson").read_text()).geoms
    assert all(shape.is_valid for shape in shapes)
    assert [shape.area for shape in shapes] == areas[ids].tolist()

    assert [int(roi.name) for roi in roiread(folder / f"{stem}_rois.zip")] == ids.tolist()
    assert np.array_equal(tifffile.imread(folder / f"{stem}_labels.ome.tif"), labels)
    image, _, cells = Reader(parse_url(folder / f"{stem}.ome.zarr"))()
    assert image.data[0].shape[1:] == labels.shape
    assert np.array_equal(cells.data[0].compute(), labels)
    assert zarr.open_group(folder / f"{stem}.ome.zarr", mode="r").attrs["multiscales"][0]["name"] == (
        title or stem
    )
    annotations = json.loads((folder / f"{stem}_coco.json").read_text())["annotations"]
    assert [one["label"] for one in annotations] == ids.tolist()
    assert [one["area"] for one in annotations] == areas[ids].tolist()
    assert [one["score"] for one in annotations] == pytest.approx(table["score"].tolist(), abs=1e-4)
    if flows:
        with np.load(folder / f"{stem}_flows.npz") as archive:
            assert archive["dP"].shape == (2, *labels.shape)
            assert (archive["cellprob"][labels > 0] > 0).sum() >= 0.9 * areas[1:].sum(), (
                "cells lie where the probability is high"
            )
        assert imread(folder / f"{stem}_flows.png").shape == (*labels.shape, 3)
    assert imread(folder / f"{stem}_overlay.png").shape == (*labels.shape, 3)


def run(images: Path, labels: Path) -> int:
    return main(["predict", "-i", str(images), "-o", str(labels), "--save", ALL, "--report", "--quiet"])


def test_one_command_writes_all(tmp_path: Path, synthetic_field) -> None:
    image, _ = synthetic_field(120, 150, 14, 0)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.b.png").write_bytes(png_encode(image))
    assert run(tmp_path / "in", tmp_path / "out") == 0
    assert_all_written(tmp_path / "out", "a")
    assert "data:image/jpeg" in (tmp_path / "out" / "report.html").read_text()
    assert json.loads((tmp_path / "out" / "coco.json").read_text())["images"][0]["file_name"] == "a.b.png"


@pytest.mark.parametrize("save", [tuple(WRITERS), tuple(name for name in WRITERS if name != "flows")])
def test_a_slide_is_drawn_from_the_disk(tmp_path: Path, synthetic_field, bright_blobs, save) -> None:
    """A slide's image, labels, flow and probability were all held in memory where an extra was asked for."""
    image, _ = synthetic_field(400, 150, 40, 0)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(png_encode(image))
    tracking = replace(Tracking(), block_from=1000, block=100)
    slide = job(tmp_path, tracking=tracking, save=save, report=True, scales="0.5,1")
    assert run_images(slide, bright_blobs)[0] == 0
    assert_all_written(tmp_path / "out", "a", flows="flows" in save)
    probability = pd.read_csv(tmp_path / "out" / "a_cells.csv")["mean_probability"]
    assert probability.between(0.5, 1).all()
    assert not [name for name in files(tmp_path) if name.startswith(".")]


def test_a_name_that_is_no_utf8(tmp_path: Path, synthetic_field) -> None:
    """Names in Latin-1 are common in old archives; GeoJSON, OME and the report failed on them."""
    image, _ = synthetic_field(120, 150, 14, 0)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / os.fsdecode(b"caf\xe9.png")).write_bytes(png_encode(image))
    assert run(tmp_path / "in", tmp_path / "out") == 0
    assert_all_written(tmp_path / "out", os.fsdecode(b"caf\xe9"), r"caf\udce9")
    assert 'href="caf%E9_overlay.png"' in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.slow
def test_one_command_on_twenty_real_images(cells: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name, share in SHARES.items():
        files = sorted((cells / name / "images").iterdir(), key=lambda path: (path.stat().st_size, path.name))
        for file in files[:share]:
            shutil.copy(
                file, tmp_path / "in" / f"{name}-{file.name.replace('.', '-', file.name.count('.') - 1)}"
            )
    assert len(list((tmp_path / "in").iterdir())) == 20
    assert run(tmp_path / "in", tmp_path / "out") == 0
    for file in (tmp_path / "in").iterdir():
        assert_all_written(tmp_path / "out", file.stem)
    pictures = (tmp_path / "out" / "report.html").read_text().count("data:image/jpeg")
    assert pictures == 20 + 10  # one a row, and those of the ten least certain images again
