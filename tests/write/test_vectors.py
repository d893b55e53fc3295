"""Outlines, GeoJSON and table as their own readers see them, and the ids they share with the labels."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from numpy.typing import NDArray
from roifile import ROI_TYPE, roiread

from app.write import WRITERS, Result, outlines
from app.write.colours import SKY, VERMILLION, rgb
from app.write.trace import Polygon, trace


@pytest.fixture(scope="module")
def result(synthetic_field) -> Result:
    """A field whose first cell has a hole and whose second lies in two pieces."""
    image, labels = synthetic_field(150, 220, 40, 5)
    labels[labels <= 2] = 0
    labels[10:21, 10:21], labels[14:17, 14:17] = 1, 0
    labels[30:40, 30:40], labels[40:50, 40:50] = 2, 2
    rng = np.random.default_rng(0)
    return Result(
        stem="field",
        image=image,
        raw=rng.integers(0, 65536, (150, 220, 2)).astype(np.uint16),
        labels=labels,
        flow=np.zeros((2, 150, 220), np.float32),
        probability=rng.random((150, 220)).astype(np.float32),
        pixel_size_um=(0.5, 0.25),
        channel_names=("DAPI", "actin, green"),
    )


def rasterised(shape: shapely.Geometry, size: tuple[int, int]) -> NDArray[np.bool_]:
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    return shapely.contains_xy(shape, x, y)


def test_geojson_reads_as_valid_polygons_of_the_labels(result: Result, tmp_path: Path) -> None:
    path = WRITERS["geojson"](result, tmp_path)
    assert path.name == "field.geojson"
    collection = json.loads(path.read_text())
    features = collection["features"]
    shapes = shapely.from_geojson(path.read_text()).geoms
    assert collection["type"] == "FeatureCollection"
    assert [int(feature["properties"]["name"]) for feature in features] == ids(result)
    assert len({feature["id"] for feature in features}) == len(features)
    for feature, shape in zip(features, shapes, strict=True):
        cell = feature["properties"]["measurements"]["label"]
        assert feature["properties"]["objectType"] == "detection"
        assert shape.is_valid
        assert np.array_equal(rasterised(shape, result.labels.shape), result.labels == cell)
    assert len(shapes[0].interiors) == 1
    assert shapes[1].geom_type == "MultiPolygon"


def test_a_second_import_finds_the_same_objects(result: Result, tmp_path: Path) -> None:
    first = WRITERS["geojson"](result, tmp_path).read_bytes()
    assert WRITERS["geojson"](result, tmp_path).read_bytes() == first


def test_outlines_read_as_rois_named_by_id(result: Result, tmp_path: Path) -> None:
    path = WRITERS["outlines"](result, tmp_path)
    assert path.name == "field_rois.zip"
    rois = roiread(path)
    assert [int(roi.name) for roi in rois] == ids(result)
    for roi in rois:
        cover = shapely.MultiPolygon()
        for ring in roi.coordinates(multi=True):
            # rings of a composite fill where an odd number of them covers, as Java's even-odd rule
            cover = cover.symmetric_difference(shapely.Polygon(ring))
        assert np.array_equal(rasterised(cover, result.labels.shape), result.labels == int(roi.name))
    assert [roi.roitype for roi in rois[:3]] == [ROI_TYPE.RECT, ROI_TYPE.RECT, ROI_TYPE.TRACED]
    assert (rois[1].left, rois[1].top, rois[1].right, rois[1].bottom) == (30, 30, 50, 50)


def test_rois_are_those_of_roifile(result: Result) -> None:
    """Most are filled into a frame for speed; a byte that is off makes another ROI of it, or none."""
    far = Polygon(np.array([[40_001, 9], [40_004, 9], [40_004, 12], [40_001, 12]], np.int32), ())
    cells = trace(result.labels) | {123_456: [far]}
    for cell, polygons in cells.items():
        assert outlines.packed(str(cell), polygons) == outlines.roi(str(cell), polygons).tobytes()


def test_colours_tell_the_score(result: Result, tmp_path: Path) -> None:
    """All cells looked alike in QuPath, sure or not."""
    scored = replace(result, scores=np.linspace(0, 1, result.labels.max(), dtype=np.float32))
    features = json.loads(WRITERS["geojson"](scored, tmp_path).read_text())["features"]
    told = {feature["properties"]["name"]: feature["properties"]["color"] for feature in features}
    assert told["1"] == list(rgb(VERMILLION))
    assert told[str(result.labels.max())] == list(rgb(SKY))
    space = uuid.uuid5(uuid.NAMESPACE_URL, "field")
    assert [one["id"] for one in features] == [str(uuid.uuid5(space, name)) for name in told]


def test_outlines_far_to_the_right_keep_their_place(tmp_path: Path) -> None:
    """ImageJ's 16-bit coordinates end before the edge of a slide."""
    labels = np.zeros((4, 70_000), np.int32)
    labels[1:3, 65_990:65_995] = 1
    empty = np.zeros((4, 70_000, 1), np.uint8)
    wide = Result("wide", np.repeat(empty, 3, 2), empty, labels, np.zeros((2, *labels.shape)), labels * 1.0)
    (roi,) = roiread(WRITERS["outlines"](wide, tmp_path))
    assert roi.coordinates().min(axis=0).tolist() == [65_990, 1]
    assert roi.coordinates().max(axis=0).tolist() == [65_995, 3]


def test_the_table_reads_in_pandas(result: Result, tmp_path: Path) -> None:
    path = WRITERS["table"](result, tmp_path)
    assert path.name == "field_cells.csv"
    table = pd.read_csv(path)
    assert table["id"].tolist() == ids(result)
    assert table["touches_border"].dtype == bool
    assert table["area"].tolist() == np.bincount(result.labels.ravel())[ids(result)].tolist()
    second = table.iloc[1]
    inside = result.labels == 2
    assert second["mean_probability"] == pytest.approx(result.probability[inside].mean(), rel=1e-5)
    assert second["mean_intensity_DAPI"] == pytest.approx(result.raw[inside, 0].mean(), rel=1e-5)
    assert second["mean_intensity_actin, green"] == pytest.approx(result.raw[inside, 1].mean(), rel=1e-5)
    assert second[["centroid_y", "centroid_x"]].tolist() == [39.5, 39.5]
    assert second[["centroid_y_um", "centroid_x_um"]].tolist() == [19.75, 9.875]
    assert second["area_um2"] == 25
    assert second["equivalent_diameter_um"] == pytest.approx(np.sqrt(100 / np.pi), rel=1e-6)


def test_no_micrometres_without_a_pixel_size(synthetic_field, tmp_path: Path) -> None:
    image, labels = synthetic_field(60, 60, 5, 0)
    plain = Result("plain", image, image, labels, np.zeros((2, 60, 60)), labels * 1.0)
    columns = pd.read_csv(WRITERS["table"](plain, tmp_path)).columns.tolist()
    assert not [name for name in columns if "um" in name]
    assert columns[-4:] == ["mean_intensity_0", "mean_intensity_1", "mean_intensity_2", "touches_border"]


@pytest.mark.parametrize("name", ["geojson", "outlines", "table"])
def test_an_image_without_cells_gives_a_file_that_opens(name: str, tmp_path: Path) -> None:
    image = np.zeros((20, 20, 3), np.uint8)
    empty = Result(
        "none", image, image, np.zeros((20, 20), np.int32), np.zeros((2, 20, 20)), image[..., 0] * 1.0
    )
    path = WRITERS[name](empty, tmp_path)
    if name == "geojson":
        assert json.loads(path.read_text())["features"] == []
    elif name == "outlines":
        assert roiread(path) == []
    else:
        assert pd.read_csv(path).empty


def ids(result: Result) -> list[int]:
    return [cell for cell in np.unique(result.labels).tolist() if cell]
