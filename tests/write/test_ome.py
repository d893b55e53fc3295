"""OME files that their own readers refuse, show at a wrong scale, or find half-written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import ome_types
import pytest
import tifffile
from ome_zarr.io import parse_url
from ome_zarr.reader import Reader
from ome_zarr_models.v04.image import Image
from ome_zarr_models.v04.image_label import ImageLabel
from zarr import open_group

from app.errors import WriteError
from app.system.files import clear_up
from app.system.whole_folder import whole_folder
from app.write import WRITERS, Result
from app.write.pyramid import every_second, levels, mean_of_four


@pytest.fixture(scope="module")
def result(synthetic_field) -> Result:
    image, labels = synthetic_field(700, 1301, 120, 4)
    raw = np.random.default_rng(0).integers(0, 4096, (700, 1301, 2)).astype(np.uint16)
    flow = np.zeros((2, *labels.shape), np.float32)
    return Result("field", image, raw, labels, flow, labels * 1.0, (0.5, 0.25), ("DAPI", "actin"))


@pytest.fixture(scope="module")
def folder(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("ome")
    assert WRITERS["ome"](result, folder) == folder / "field_labels.ome.tif"
    assert sorted(path.name for path in folder.iterdir()) == ["field.ome.zarr", "field_labels.ome.tif"]
    return folder


def test_the_tiff_is_a_tiled_pyramid_of_the_labels(result: Result, folder: Path) -> None:
    with tifffile.TiffFile(folder / "field_labels.ome.tif") as file:
        assert file.is_ome
        (series,) = file.series
        assert [level.shape for level in series.levels] == [(700, 1301), (350, 651), (175, 326)]
        assert series.axes == "YX"
        assert all(level.pages[0].is_tiled for level in series.levels)
        assert series.asarray().dtype == np.uint16
        assert np.array_equal(series.asarray(), result.labels)
        assert np.array_equal(series.levels[1].asarray(), result.labels[::2, ::2])


def test_the_tiffs_xml_is_valid_and_knows_the_pixel_size(folder: Path) -> None:
    ome = ome_types.from_tiff(folder / "field_labels.ome.tif", validate=False)
    pixels = ome.images[0].pixels
    assert (pixels.size_y, pixels.size_x) == (700, 1301)
    assert (pixels.physical_size_y, pixels.physical_size_x) == (0.5, 0.25)
    assert pixels.physical_size_x_unit is ome_types.model.UnitsLength.MICROMETER


def test_the_zarr_follows_the_specification(folder: Path) -> None:
    """ome-zarr-models checks every key that version 0.4 names."""
    image = Image.from_zarr(open_group(folder / "field.ome.zarr", mode="r"))
    assert [axis.name for axis in image.attributes.multiscales[0].axes] == ["c", "y", "x"]
    assert image.attributes.multiscales[0].axes[1].unit == "micrometer"
    labels = ImageLabel.from_zarr(open_group(folder / "field.ome.zarr" / "labels" / "cells", mode="r"))
    scales = [data.coordinateTransformations[0].scale for data in labels.attributes.multiscales[0].datasets]
    assert scales == [[0.5, 0.25], [1.0, 0.5], [2.0, 1.0]]


def test_ome_zarrs_reader_finds_image_and_labels(result: Result, folder: Path) -> None:
    nodes = list(Reader(parse_url(folder / "field.ome.zarr"))())
    image, _, cells = nodes  # between the two stands the group of all labels
    assert [spec.__class__.__name__ for spec in cells.specs] == ["Label", "Multiscales"]
    assert np.array_equal(image.data[0].compute(), result.raw.transpose(2, 0, 1))
    assert np.array_equal(cells.data[0].compute(), result.labels)
    assert [level.shape for level in cells.data] == [(700, 1301), (350, 651), (175, 326)]
    assert image.metadata["channel_names"] == ["DAPI", "actin"]


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.bool_])
def test_small_images_of_any_type(dtype: type, tmp_path: Path) -> None:
    raw = (np.arange(24).reshape(4, 6, 1) % 2).astype(dtype)
    labels = np.zeros((4, 6), np.int32)
    labels[1, 1] = 1
    small = Result("s", np.zeros((4, 6, 3), np.uint8), raw, labels, np.zeros((2, 4, 6)), labels * 1.0)
    WRITERS["ome"](small, tmp_path)
    assert np.array_equal(tifffile.imread(tmp_path / "s_labels.ome.tif"), labels)
    stored = open_group(tmp_path / "s.ome.zarr", mode="r")["0"][:]
    assert np.array_equal(stored, raw.transpose(2, 0, 1))


@pytest.mark.parametrize(("cells", "dtype"), [(65535, np.uint16), (65536, np.uint32)])
def test_many_cells_need_more_than_sixteen_bits(cells: int, dtype: type, tmp_path: Path) -> None:
    image = np.zeros((1, 1, 3), np.uint8)
    one = Result("one", image, image, np.full((1, 1), cells, np.int32), None, None)
    assert tifffile.imread(WRITERS["ome"](one, tmp_path)).dtype == dtype


def test_halves_of_odd_sizes() -> None:
    array = np.array([[0, 2, 10], [2, 4, 20], [8, 8, 255]], np.uint8)
    assert mean_of_four(array).tolist() == [[2, 15], [8, 255]]
    assert every_second(array).tolist() == [[0, 10], [8, 255]]
    with levels(np.zeros((513, 5, 2)), mean_of_four, None) as pyramid:
        assert [level.shape for level in pyramid] == [(513, 5, 2), (257, 3, 2)]


def test_a_second_run_replaces_the_folder_and_a_failed_one_leaves_it(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.zarr"
    for content in ("old", "new"):
        with whole_folder(path) as partial:
            (partial / content).touch()
    with pytest.raises(WriteError, match=r"a\.ome\.zarr"):
        fill_half(path)
    assert [file.name for file in path.iterdir()] == ["new"]
    assert [file.name for file in tmp_path.iterdir()] == ["a.ome.zarr"]


def fill_half(path: Path) -> None:
    with whole_folder(path) as partial:
        (partial / "half").touch()
        raise OSError(28, "No space left on device")


def test_clearing_up_spares_a_folder_that_is_being_filled(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "a.ome.zarr") as partial:
        (partial / "0").touch()
        assert clear_up(tmp_path) == 0
    assert (tmp_path / "a.ome.zarr" / "0").exists()
