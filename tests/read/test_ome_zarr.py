"""OME-Zarr as an input like any other: written by ome-zarr and by us, whole and in bands, odd and hostile."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest
import zarr
from numpy.typing import NDArray

from app.errors import ReadError
from app.read import find_images, find_stacks, open_image, open_stack, read_image
from app.read.limits import Limits

DATA = np.random.default_rng(0).integers(0, 4000, (3, 130, 170)).astype(np.uint16)


def write(path: Path, data: NDArray[Any], axes: str, version: str = "0.4") -> Path:
    """By the reference library, with pixels of 0.25 × 0.5 µm and planes 2 µm apart."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is deprecated in parts by itself
        from ome_zarr.format import FormatV04, FormatV05
        from ome_zarr.writer import write_image

        scale = {axis: {"z": 2.0, "y": 0.25, "x": 0.5}.get(axis, 1.0) for axis in axes}
        write_image(
            data,
            zarr.open_group(path, mode="w", zarr_format=2 if version == "0.4" else 3),
            scale_factors=[2],
            fmt=FormatV04() if version == "0.4" else FormatV05(),
            axes=axes,
            storage_options={"chunks": (*[1] * (data.ndim - 2), 64, 50)},
            scale=scale,
            axes_units={axis: "micrometer" for axis in axes if axis in "zyx"},
        )
    return path


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Path]:
    """`made(data, axes, version)` → the folder a.ome.zarr."""
    return lambda *how: write(tmp_path / "in" / "a.ome.zarr", *how)


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_both_versions_give_the_values_and_the_pixel_size(made: Callable[..., Path], version: str) -> None:
    path = made(DATA, "cyx", version)
    with open_image(path) as source:
        info = source.info
        assert (info.height, info.width, info.axes, info.channels) == (130, 170, "CYX", 3)
        assert (info.dtype, info.pixel_size_um, info.pages) == ("uint16", (0.25, 0.5), 1)
        assert np.array_equal(source.raw_rows(0, 130), DATA.transpose(1, 2, 0))


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_bands_equal_whole(made: Callable[..., Path], version: str) -> None:
    """Rows that begin and end within chunks, with chunks forgotten in between."""
    path = made(DATA, "cyx", version)
    whole = read_image(path)
    with open_image(path, limits=Limits(banded_from=1, cache=1)) as source:
        assert source.info.banded
        for y0, y1 in [(0, 1), (60, 70), (100, 130), (0, 130), (63, 129)]:
            assert np.array_equal(np.float32(source.rows(y0, y1) / 255), whole[y0:y1])


def test_a_folder_scan_finds_it(made: Callable[..., Path]) -> None:
    """It is a folder, which a scan for files would pass by, and its inside is no folder of images."""
    path = made(DATA, "cyx")
    shutil.make_archive(str(path), "zip", path)
    (path.parent / "below").mkdir()
    assert find_images([path.parent]) == [path, path.parent / "a.ome.zarr.zip"]
    assert find_images([path]) == [path] == find_stacks([path], "z")


@pytest.mark.parametrize("inside", [".", "a.ome.zarr"])
def test_a_zip_is_the_same(made: Callable[..., Path], inside: str) -> None:
    """Zipped from within the folder, or with the folder as its root, as a file manager does."""
    path = made(DATA, "cyx", "0.5")
    root = path if inside == "." else path.parent
    zipped = Path(shutil.make_archive(str(path.parent / "b"), "zip", root, inside))
    assert np.array_equal(read_image(zipped), read_image(path))


def test_planes_are_chosen_as_those_of_a_tiff(made: Callable[..., Path]) -> None:
    path = made(np.stack([DATA, DATA[::-1]], axis=1), "czyx")
    with pytest.raises(ReadError, match=r"stack with axes CZYX: Z \(depth\) 2; choose one of its 2 planes"):
        open_image(path)
    with open_image(path, page=1) as source:
        assert np.array_equal(source.raw_rows(0, 130), DATA[::-1].transpose(1, 2, 0))
    with pytest.raises(ReadError, match="has no page 2"):
        open_image(path, page=2)


def test_a_stack_of_it(made: Callable[..., Path]) -> None:
    path = made(DATA[None], "czyx", "0.5")
    stack = open_stack(path, "z")
    assert [plane.page for plane in stack.planes] == [0, 1, 2]
    assert (stack.spacing_um, stack.info.pixel_size_um) == (2.0, (0.25, 0.5))
    with open_image(path, page=stack.planes[2].page) as source:
        assert np.array_equal(source.raw_rows(0, 130)[..., 0], DATA[2])
    with pytest.raises(ReadError, match="use --stack z"):
        open_stack(path, "t")


def test_our_own_is_read(tmp_path: Path, synthetic_field: Callable[..., Any]) -> None:
    """What `--save ome` writes comes back."""
    from app.write.ome_zarr import write_zarr
    from app.write.result import Result

    image = synthetic_field(100, 120, 9)[0]
    labels = np.zeros((100, 120), np.int32)
    flow, probability = np.zeros((2, 100, 120), np.float32), np.zeros((100, 120), np.float32)
    result = Result("a", image, image, labels, flow, probability, pixel_size_um=(0.5, 0.5))
    (tmp_path / "a.ome.zarr").mkdir()
    write_zarr(result, tmp_path / "a.ome.zarr")
    with open_image(tmp_path / "a.ome.zarr") as source:
        assert source.info.pixel_size_um == (0.5, 0.5)
        assert np.array_equal(source.raw_rows(0, 100), image)


def test_a_copy_that_lacks_chunks_is_told(made: Callable[..., Path]) -> None:
    """The format reads what is not there as black, which half a copy would look like."""
    path = made(DATA[0], "yx")
    (path / "s0" / "1" / "2").unlink()
    with open_image(path) as source:
        assert source.info.notes == ("1 of its 12 chunks are not there and read as empty",)
    shutil.rmtree(path / "s0" / "1")
    for chunk in (path / "s0").glob("*/*"):
        chunk.unlink()
    with pytest.raises(ReadError, match="none of its 12 chunks is there"):
        open_image(path)


def test_a_damaged_chunk_is_one_line(made: Callable[..., Path]) -> None:
    path = made(DATA[0], "yx")
    (path / "s0" / "1" / "2").write_bytes(b"nothing")
    with pytest.raises(ReadError, match="is a damaged OME-Zarr"):
        open_image(path)


def change(path: Path, name: str, **values: Any) -> Path:
    """Other values in a JSON file of the metadata."""
    file = path / name
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))
    return path


def test_code_in_a_chunk_is_never_run(made: Callable[..., Path], tmp_path: Path) -> None:
    """A codec called pickle makes zarr run what is in the file."""
    import pickle

    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "run",)

    path = change(
        made(DATA[0], "yx"), "s0/.zarray", filters=[{"id": "pickle", "protocol": 5}], compressor=None
    )
    (path / "s0" / "0" / "0").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ReadError, match="is a damaged OME-Zarr: No Zarr data type"):
        open_image(path)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"shape": [1 << 40, 1 << 40]}, "cut it into smaller images"),
        ({"chunks": [1 << 16, 1 << 16]}, "too large to decode"),
        ({"shape": [100_000, 100_000], "chunks": [1, 1]}, "save it in larger chunks"),
        ({"dtype": "|O", "filters": [{"id": "json2"}]}, "OME-Zarr|values of type"),
        ({"filters": [{"id": "base64"}]}, "is stored with base64, which is not read"),
        ({"dtype": "<c16", "fill_value": None}, "values of type complex128"),
    ],
)
def test_a_liar_is_refused_before_anything_is_decoded(
    made: Callable[..., Path], changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(ReadError, match=said):
        open_image(change(made(DATA[0], "yx"), "s0/.zarray", **changed))


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({}, "has no metadata of an OME-Zarr image"),
        (
            {"plate": {"wells": [{"path": "B/2"}]}},
            "a plate of many images; name one of them, such as .*/B/2/0",
        ),
        ({"multiscales": []}, "is a damaged OME-Zarr"),
        ({"multiscales": [{"axes": ["c", "y"], "datasets": [{"path": "s0"}]}]}, "can't be told apart"),
    ],
)
def test_what_is_no_image_says_so(made: Callable[..., Path], attributes: dict[str, Any], said: str) -> None:
    path = made(DATA[0], "yx")
    (path / ".zattrs").write_text(json.dumps(attributes))
    with pytest.raises(ReadError, match=said):
        open_image(path)


def test_an_empty_folder_of_that_name_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.zarr").mkdir()
    assert find_images([tmp_path]) == [tmp_path / "a.zarr"]
    with pytest.raises(ReadError, match="holds no OME-Zarr image"):
        open_image(tmp_path / "a.zarr")


def test_another_zip_is_one_line(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("notes.txt", "hello")
    with pytest.raises(ReadError, match="holds no OME-Zarr image"):
        open_image(tmp_path / "a.zip")


def test_what_bioformats2raw_writes(tmp_path: Path) -> None:
    """One group around the series; one of several has to be named."""
    root = tmp_path / "a.zarr"
    zarr.open_group(root, mode="w", zarr_format=2).attrs["bioformats2raw.layout"] = 3
    write(root / "0", DATA[0], "yx")
    with open_image(root) as source:
        assert np.array_equal(source.raw_rows(0, 130)[..., 0], DATA[0])
    write(root / "1", DATA[1], "yx")
    with pytest.raises(ReadError, match=r"several images; name one of them, such as .*a\.zarr/0"):
        open_image(root)
    assert find_images([root / "1"]) == [root / "1"]


def test_a_zip_that_unpacks_to_far_more_is_refused(tmp_path: Path) -> None:
    """A megabyte of zeros becomes a thousand."""
    with ZipFile(tmp_path / "a.zip", "w", ZIP_DEFLATED) as file:
        file.writestr("zarr.json", bytes(1 << 20))
    with pytest.raises(ReadError, match="holds a file of 1048576 bytes unpacked"):
        open_image(tmp_path / "a.zip", limits=Limits(whole=1 << 19))
