"""Label files: every kind read back, every damage named in one line."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile

from app.errors import ReadError
from evaluation.labelfiles import index_labels, label_shape, read_labels

LABELS = np.arange(12, dtype=np.uint16).reshape(3, 4)


def write(path: Path, labels: np.ndarray) -> Path:
    if path.suffix == ".npy":
        np.save(path, labels)
    elif path.suffix == ".png":
        path.write_bytes(imagecodecs.png_encode(labels))
    else:
        tifffile.imwrite(path, labels, compression="zlib")
    return path


@pytest.mark.parametrize("ending", [".tif", "_label.tiff", ".png", ".npy"])
def test_read_and_measured(tmp_path: Path, ending: str) -> None:
    """16-bit ids must survive every format, and the size be known without decoding."""
    path = write(tmp_path / f"cell{ending}", LABELS * 5000)
    np.testing.assert_array_equal(read_labels(path), LABELS * 5000)
    assert label_shape(path) == (3, 4)
    assert index_labels(tmp_path) == {"cell": path}


def test_big_ids_in_tiff(tmp_path: Path) -> None:
    """More than 65535 cells are stored as uint32."""
    path = write(tmp_path / "a_label.tiff", LABELS.astype(np.uint32) + 70_000)
    assert read_labels(path).max() == 70_011


def test_one_page_too_many_dimensions(tmp_path: Path) -> None:
    """A leading axis of one is a matter of style; colour channels are not labels."""
    assert read_labels(write(tmp_path / "a.npy", LABELS[None])).shape == (3, 4)
    with pytest.raises(ReadError, match=r"shape \(3, 4, 3\)"):
        read_labels(write(tmp_path / "b.png", np.zeros((3, 4, 3), np.uint8)))


@pytest.mark.parametrize("dtype", [np.float32, bool])
def test_float_and_mask_are_refused(tmp_path: Path, dtype: type) -> None:
    """A float label may be a probability, a boolean one is a mask; neither is scored by chance."""
    with pytest.raises(ReadError, match="save them as integers"):
        read_labels(write(tmp_path / "a.npy", LABELS.astype(dtype)))


@pytest.mark.parametrize("name", ["a.tif", "a.png", "a.npy"])
@pytest.mark.parametrize("content", [b"", b"not an image", b"\x93NUMPY"])
def test_damaged_files_are_one_line(tmp_path: Path, name: str, content: bytes) -> None:
    """Whatever a decoder raises, the user sees one line that names the file."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ReadError) as caught:
        read_labels(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_pickled_arrays_are_not_opened(tmp_path: Path) -> None:
    """Opening a pickle runs code; a label file from elsewhere must not."""
    path = tmp_path / "a.npy"
    np.save(path, np.array([{"masks": LABELS}], dtype=object), allow_pickle=True)
    with pytest.raises(ReadError, match="can't be read"):
        read_labels(path)


def test_labels_go_before_images_of_the_same_stem(tmp_path: Path) -> None:
    """A folder may hold image, label and notes; hidden files are passed over."""
    for name in ("a.png", "a_label.tiff", "a.tif", "b.png", "._b.png", "notes.txt", "c.jpg"):
        (tmp_path / name).write_bytes(b"x")
    assert {stem: path.name for stem, path in index_labels(tmp_path).items()} == {
        "a": "a_label.tiff",
        "b": "b.png",
    }
