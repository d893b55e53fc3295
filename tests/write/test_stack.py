"""Files of a stack: label TIFF, tables, the challenge's folder: they say what they are and open elsewhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile

from app.write.labels import Record, read_record
from app.write.stack import write_stack
from app.write.table import write_columns
from app.write.tracks import TrackTable, write_challenge
from app.write.volumes import Volumes

RECORD = Record("00", "weights", "settings")


@pytest.mark.parametrize("planes", [1, 2, 5])
@pytest.mark.parametrize("axis", ["z", "t"])
def test_axes_sizes_and_record_are_inside(tmp_path: Path, planes: int, axis: str) -> None:
    """One plane is (1, H, W) too: a script that loops over planes must not loop over rows."""
    labels = np.arange(planes * 12, dtype=np.int32).reshape(planes, 3, 4)
    path = tmp_path / "a_label.tiff"
    assert (
        write_stack(path, iter(labels), labels.shape, axis, RECORD, pixel_size_um=(0.5, 0.25)) == labels.max()
    )
    with tifffile.TiffFile(path) as file:
        assert file.series[0].axes == f"{axis.upper()}YX"
        assert file.pages.first.compression == tifffile.COMPRESSION.ADOBE_DEFLATE
        assert file.pages.first.resolution == (40000, 20000)
        found = file.asarray()
    assert found.dtype == np.uint16
    assert np.array_equal(found, labels)
    assert read_record(path) == RECORD


def test_many_cells_take_wider_numbers(tmp_path: Path) -> None:
    """The last plane decides, when the first are long gone."""
    labels = np.array([[[1, 0]], [[65536, 2]]], np.int32)
    write_stack(tmp_path / "a.tiff", iter(labels), labels.shape, "z", RECORD)
    assert tifffile.imread(tmp_path / "a.tiff").dtype == np.uint32


def test_our_own_labels_are_read_as_a_stack_again(tmp_path: Path) -> None:
    from app.read import open_stack

    labels = np.zeros((4, 6, 7), np.int32)
    write_stack(tmp_path / "a.tiff", iter(labels), labels.shape, "t", RECORD)
    assert len(open_stack(tmp_path / "a.tiff", "t").planes) == 4


def test_volumes_are_measured_plane_by_plane() -> None:
    """Against the whole array at once; a cell may begin after others, and an id may be absent."""
    stack = np.random.default_rng(0).integers(0, 4, (4, 9, 8)).astype(np.int32)
    stack[stack == 2] = 0
    stack[2:][stack[2:] == 3] = 7
    volumes = Volumes()
    for plane in stack:
        volumes.add(plane)
    table = volumes.table((0.5, 0.25), 2.0)
    assert table["id"].tolist() == [1, 3, 7]
    for i, cell in enumerate([1, 3, 7]):
        where = np.nonzero(stack == cell)
        assert table["volume"][i] == len(where[0])
        assert [table[f"centroid_{axis}"][i] for axis in "zyx"] == pytest.approx(np.mean(where, axis=1))
        assert (table["first_z"][i], table["last_z"][i]) == (where[0].min(), where[0].max())
    assert table["volume_um3"][0] == table["volume"][0] * 0.25
    assert not any(name.endswith("um") for name in volumes.table((0.5, 0.25), None))


def test_no_cell_at_all_is_a_table_of_no_rows(tmp_path: Path) -> None:
    volumes = Volumes()
    volumes.add(np.zeros((3, 3), np.int32))
    assert len(volumes.table()["id"]) == 0
    write_columns(TrackTable({}).table(), tmp_path / "a.csv")
    assert len(pd.read_csv(tmp_path / "a.csv")) == 0


def test_tracks_open_with_pandas(tmp_path: Path) -> None:
    table = TrackTable({2: 1})
    for frame in ([[1, 1, 0]], [[2, 0, 0]], [[2, 2, 2]]):
        table.add(np.array(frame, np.int32), [2] if frame[0] == [2, 2, 2] else [])
    write_columns(table.table((2.0, 0.5)), tmp_path / "a_tracks.csv")
    found = pd.read_csv(tmp_path / "a_tracks.csv")
    assert found[["track", "frame", "parent", "area"]].to_numpy().tolist() == [
        [1, 0, 0, 2],
        [2, 1, 1, 1],
        [2, 2, 1, 3],
    ]
    assert found["centroid_x"].tolist() == [0.5, 0, 1]
    assert found["centroid_x_um"].tolist() == [0.25, 0, 0.5]
    assert found["area_um2"].tolist() == [2, 1, 3]
    assert found["interpolated"].tolist() == [False, False, True]


def test_the_challenge_folder_holds_every_frame(tmp_path: Path) -> None:
    """A track with a gap has another id behind it, in the mask as in the rows."""
    frames = np.array([[[1, 2]], [[0, 2]], [[1, 2]]], np.int32)
    rows = [(1, 0, 0, 0), (2, 0, 2, 0), (3, 2, 2, 1)]
    for _ in range(2):  # a second time over the first
        write_challenge(tmp_path / "a_RES", frames, 3, rows, {(1, 2): 3})
    folder = tmp_path / "a_RES"
    assert sorted(path.name for path in folder.iterdir()) == [
        "mask000.tif",
        "mask001.tif",
        "mask002.tif",
        "res_track.txt",
    ]
    assert tifffile.imread(folder / "mask002.tif").tolist() == [[3, 2]]
    assert tifffile.imread(folder / "mask002.tif").dtype == np.uint16
    assert (folder / "res_track.txt").read_text() == "1 0 0 0\n2 0 2 0\n3 2 2 1\n"
    assert [path.name for path in tmp_path.iterdir()] == ["a_RES"]
