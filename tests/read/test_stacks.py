"""Stacks are told from files and folders before a pixel is held, odd ones in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from app.errors import ReadError
from app.read import find_stacks, open_image, open_stack
from app.read.stacks import Axis


def save(path: Path, shape: tuple[int, ...], axes: str = "", **more: Any) -> Path:
    """A TIFF whose values tell the planes apart."""
    data = np.arange(np.prod(shape), dtype=np.uint32).reshape(shape).astype(np.uint16)
    metadata = {"axes": axes, **more.pop("metadata", {})} if axes else None
    tifffile.imwrite(path, data, photometric="minisblack", metadata=metadata, **more)
    return path


FORMS: dict[str, tuple[tuple[int, ...], str, dict[str, Any], Axis]] = {
    "shaped Z": ((7, 20, 30), "ZYX", {}, "z"),
    "ImageJ T": ((7, 20, 30), "TYX", {"imagej": True}, "t"),
    "ImageJ T and C": ((7, 2, 20, 30), "TCYX", {"imagej": True}, "t"),
    "OME Z": ((7, 20, 30), "ZYX", {"ome": True}, "z"),
    "OME Z, five channels": ((7, 5, 20, 30), "ZCYX", {"ome": True}, "z"),
    "OME channels first": ((5, 7, 20, 30), "CZYX", {"ome": True}, "z"),
    "compressed": ((7, 20, 30), "ZYX", {"compression": "zlib"}, "z"),
    "pages without names": ((7, 20, 30), "", {}, "z"),
    "three pages without names": ((3, 20, 30), "", {}, "t"),
}


@pytest.mark.parametrize("form", FORMS)
def test_each_plane_is_opened_by_its_page(tmp_path: Path, form: str) -> None:
    """Plane k of the stack is plane k of the array, with all its channels."""
    shape, axes, more, axis = FORMS[form]
    path = save(tmp_path / "a.tif", shape, axes, **more)
    stack = open_stack(path, axis)
    data = tifffile.imread(path)
    if axes.startswith("C"):
        data = data.swapaxes(0, 1)
    assert len(stack.planes) == len(data)
    for plane, expected in zip(stack.planes, data, strict=True):
        with open_image(plane.path, page=plane.page) as source:
            raw = source.raw_rows(0, 20)
        assert np.array_equal(
            raw, np.atleast_3d(expected) if expected.ndim == 2 else np.moveaxis(expected, 0, 2)
        )


def test_pages_without_names_are_taken_as_asked_and_it_is_said(tmp_path: Path) -> None:
    stack = open_stack(save(tmp_path / "a.tif", (7, 20, 30)), "z")
    assert stack.notes == ("its 7 pages have no name and are taken as Z (depth)",)


@pytest.mark.parametrize(("shape", "axes"), [((20, 30), "YX"), ((1, 20, 30), "ZYX"), ((5, 20, 30), "CYX")])
def test_one_plane_is_a_stack_of_one(tmp_path: Path, shape: tuple[int, ...], axes: str) -> None:
    stack = open_stack(save(tmp_path / "a.tif", shape, axes, ome=True), "z")
    assert len(stack.planes) == 1
    assert stack.notes == ("holds one plane; its stack along Z has that only",)


def test_a_png_is_a_stack_of_one(cells: Path) -> None:
    path = next((cells / "baby" / "images").glob("*.png"))
    assert [plane.page for plane in open_stack(path, "t").planes] == [None]


WRONG: dict[str, tuple[tuple[int, ...], str, Axis, str]] = {
    "time and depth": (
        (3, 4, 20, 30),
        "TZYX",
        "z",
        r"T \(time\) 3, Z \(depth\) 4; save files that hold Z alone",
    ),
    "the other axis": ((7, 20, 30), "TYX", "z", "use --stack t"),
    "positions": ((7, 20, 30), "PYX", "t", "hold T alone, or choose one plane"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_such_stack_says_so_in_one_line(tmp_path: Path, wrong: str) -> None:
    shape, axes, axis, words = WRONG[wrong]
    with pytest.raises(ReadError, match=words) as caught:
        open_stack(save(tmp_path / "a.tif", shape, axes), axis)
    assert "\n" not in str(caught.value)
    assert str(tmp_path / "a.tif") in str(caught.value)


def test_pages_of_two_sizes_are_refused(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for height in (20, 21):
            writer.write(np.zeros((height, 30), np.uint8), metadata=None)
    with pytest.raises(ReadError, match="holds 2 images"):
        open_stack(tmp_path / "a.tif", "z")


@pytest.mark.parametrize("content", [b"", b"rubbish", b"II*\0\x08\0\0\0"])
def test_a_damaged_file_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.tif").write_bytes(content)
    with pytest.raises(ReadError) as caught:
        open_stack(tmp_path / "a.tif", "z")
    assert "\n" not in str(caught.value)


def folder(path: Path, *names: str, height: int = 20) -> Path:
    path.mkdir(exist_ok=True)
    for name in names:
        save(path / name, (height, 30))
    return path


def test_a_folder_of_frames_is_one_film_in_their_order(tmp_path: Path) -> None:
    """t10 comes after t9, whatever the alphabet says."""
    frames = folder(tmp_path / "01", *[f"t{n}.tif" for n in range(11)])
    assert find_stacks([frames], "t") == [frames]
    assert [plane.path.name for plane in open_stack(frames, "t").planes] == [f"t{n}.tif" for n in range(11)]


def test_other_images_of_a_folder_are_stacks_of_their_own(tmp_path: Path) -> None:
    frames = folder(tmp_path / "01", "t000.tif", "t001.tif", "z000.tif", "film.tif")
    assert find_stacks([frames], "t") == [frames, frames / "film.tif", frames / "z000.tif"]
    assert find_stacks([frames / "film.tif"], "t") == [frames / "film.tif"]


@pytest.mark.parametrize(
    ("names", "words"), [(["t000.tif", "t002.tif"], "lacks t1"), (["t1.tif", "t001.tif"], "has t1 twice")]
)
def test_frames_must_be_numbered_without_gaps(tmp_path: Path, names: list[str], words: str) -> None:
    """A frame that was lost on the way would else shift all that follow."""
    with pytest.raises(ReadError, match=words):
        open_stack(folder(tmp_path / "01", *names), "t")


def test_frames_of_two_sizes_are_refused_before_anything_is_done(tmp_path: Path) -> None:
    folder(tmp_path / "01", "t000.tif", "t001.tif")
    folder(tmp_path / "01", "t002.tif", height=21)
    with pytest.raises(ReadError, match=r"t002.tif: is 21 × 30 pixels, t000.tif is 20 × 30; planes"):
        open_stack(tmp_path / "01", "t")


def test_the_distance_of_planes_is_read(tmp_path: Path) -> None:
    imagej = save(
        tmp_path / "a.tif", (7, 20, 30), "ZYX", imagej=True, metadata={"spacing": 2.5, "unit": "um"}
    )
    ome = save(
        tmp_path / "b.tif",
        (7, 20, 30),
        "ZYX",
        ome=True,
        metadata={"PhysicalSizeZ": 1500, "PhysicalSizeZUnit": "nm"},
    )
    assert open_stack(imagej, "z").spacing_um == 2.5
    assert open_stack(ome, "z").spacing_um == 1.5
    assert open_stack(save(tmp_path / "c.tif", (7, 20, 30), "ZYX"), "z").spacing_um is None


def test_planes_of_one_pixel_are_refused(tmp_path: Path) -> None:
    """What would be written for them could not be told from one image."""
    for name in ("z0.tif", "z1.tif"):
        tifffile.imwrite(tmp_path / name, np.zeros((20, 1), np.uint8))
    with pytest.raises(ReadError, match="one pixel wide"):
        open_stack(tmp_path, "z")
