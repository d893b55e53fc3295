"""Every format gives the same cells back; every wrong file is one line; no file runs code."""

from __future__ import annotations

import json
import pickle

import imagecodecs
import numpy as np
import pytest
import tifffile

from app.write import WRITERS, Result
from training.data import DataError
from training.labels import UNKNOWN, find_drawn, read_drawn


@pytest.fixture
def drawn(synthetic_field):
    """A field whose first cell has a hole and whose second lies in two pieces."""
    image, labels = synthetic_field(90, 120, 15, 5)
    labels[labels <= 2] = 0
    labels[10:21, 10:21], labels[14:17, 14:17] = 1, 0
    labels[30:40, 30:35], labels[45:50, 30:40] = 2, 2
    return image, np.unique(labels, return_inverse=True)[1].reshape(labels.shape).astype(np.int32)


def save(kind, folder, image, labels):
    """The labels as that program would write them."""
    path = folder / "field"
    if kind in ("geojson", "outlines"):
        empty = np.zeros((2, *labels.shape), np.float32)
        result = Result(stem="field", image=image, raw=image, labels=labels, flow=empty, probability=empty[0])
        return WRITERS[kind](result, folder)
    if kind == "tif":
        tifffile.imwrite(path.with_suffix(".tif"), labels.astype(np.uint16))
    elif kind == "png":
        imagecodecs.imwrite(path.with_suffix(".png"), labels.astype(np.uint16))
    elif kind == "npy":
        np.save(path.with_suffix(".npy"), labels)
    elif kind == "cellpose":
        content = {"masks": labels.astype(np.uint16), "est_diam": np.float64(20.5), "filename": "field.tif",
                   "flows": [np.zeros((2, 2)), []], "ismanual": np.zeros(3, bool)}  # fmt: skip
        np.save(folder / "field_seg.npy", content)
    return next(iter(folder.glob("field*")))


@pytest.mark.parametrize("kind", ["tif", "png", "npy", "cellpose", "geojson", "outlines"])
def test_every_format_gives_the_labels_back(tmp_path, drawn, kind):
    image, labels = drawn
    found = read_drawn(save(kind, tmp_path, image, labels), labels.shape)
    np.testing.assert_array_equal(found, labels)


@pytest.mark.parametrize("kind", ["tif", "cellpose", "geojson"])
def test_partial_labels_leave_the_rest_unknown(tmp_path, drawn, kind):
    """Cells that nobody drew were taught as background."""
    image, labels = drawn
    found = read_drawn(save(kind, tmp_path, image, labels), labels.shape, partial=True)
    np.testing.assert_array_equal(found, np.where(labels == 0, UNKNOWN, labels))


def test_background_can_be_marked(tmp_path):
    labels = np.zeros((20, 30), np.uint16)
    labels[2:6, 2:6], labels[10:, :] = 1, 65535
    tifffile.imwrite(tmp_path / "a.tif", labels)
    square = [[0, 10], [30, 10], [30, 20], [0, 20], [0, 10]]
    cell = [[2, 2], [6, 2], [6, 6], [2, 6], [2, 2]]
    features = [
        {"geometry": {"type": "Polygon", "coordinates": [square]},
         "properties": {"classification": {"name": "Background"}}},
        {"geometry": {"type": "Polygon", "coordinates": [cell]}, "properties": {}},
    ]  # fmt: skip
    (tmp_path / "b.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    expected = np.full((20, 30), UNKNOWN)
    expected[2:6, 2:6], expected[10:, :] = 1, 0
    for name in ("a.tif", "b.geojson"):
        np.testing.assert_array_equal(read_drawn(tmp_path / name, (20, 30), partial=True), expected)


class Evil:
    def __reduce__(self):
        return (print, ("code ran",))


def test_a_pickle_that_calls_anything_is_refused(tmp_path, capsys):
    """`np.load(allow_pickle=True)` runs what a file says."""
    np.save(tmp_path / "a_seg.npy", {"masks": np.ones((4, 4), np.uint16), "extra": Evil()})
    with pytest.raises(DataError, match=r"it calls builtins\.print; only masks are read"):
        read_drawn(tmp_path / "a_seg.npy", (4, 4))
    assert "code ran" not in capsys.readouterr().out


BAD = {
    "size.tif": (lambda p: tifffile.imwrite(p, np.eye(5, dtype=np.uint8)), r"is 5 × 5 px, its image 20 × 30"),
    "mask.tif": (
        lambda p: tifffile.imwrite(p, np.pad(np.full((5, 5), 255, np.uint8), ((0, 15), (0, 25)))),
        "give each cell its own number",
    ),
    "one.tif": (lambda p: tifffile.imwrite(p, np.full((20, 30), 7, np.uint8)), "holds one value only"),
    "colour.png": (lambda p: imagecodecs.imwrite(p, np.zeros((20, 30, 3), np.uint8)), "one number a pixel"),
    "float.tif": (lambda p: tifffile.imwrite(p, np.zeros((20, 30), np.float32)), "must be whole numbers"),
    "damaged.tif": (lambda p: p.write_bytes(b"II*\0junk"), "can't be read as a label"),
    "damaged.zip": (lambda p: p.write_bytes(b"PK\3\4junk"), "can't be read as ImageJ's ROIs"),
    "text.geojson": (lambda p: p.write_text("{"), "is no GeoJSON of objects"),
    "other.geojson": (lambda p: p.write_text('{"a": 1}'), "is no GeoJSON of objects"),
    "point.geojson": (
        lambda p: p.write_text('[{"geometry": {"type": "Point", "coordinates": [1, 2]}}]'),
        "object 1 is a Point",
    ),
    "far.geojson": (
        lambda p: p.write_text(
            '[{"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [90, 0], [90, 9], [0, 0]]]}}]'
        ),
        "draws as far as",
    ),
    "no_seg.npy": (lambda p: np.save(p, {"flows": 1}), "it holds no masks"),
    "short_seg.npy": (lambda p: p.write_bytes(b"\x93NUMPY\1\0"), "is no _seg.npy"),
    "table.csv": (lambda p: p.write_text("a,b"), "is no kind of label"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_wrong_file_is_one_line(tmp_path, name):
    make, message = BAD[name]
    make(tmp_path / name)
    with pytest.raises(DataError, match=message) as caught:
        read_drawn(tmp_path / name, (20, 30))
    assert "\n" not in str(caught.value)


def test_old_and_new_pickles_of_numpy_are_read(tmp_path):
    """NumPy 2 renamed the module that a pickle names."""
    masks = np.arange(12, dtype=np.uint16).reshape(3, 4)
    np.save(tmp_path / "new_seg.npy", {"masks": masks})
    data = (tmp_path / "new_seg.npy").read_bytes()
    content = pickle.dumps(np.array({"masks": np.asfortranarray(masks)}), protocol=3)
    assert b"numpy._core.multiarray" in content
    head = data[: data.index(b"\n") + 1]
    (tmp_path / "old_seg.npy").write_bytes(head + content.replace(b"numpy._core", b"numpy.core"))
    for name in ("new_seg.npy", "old_seg.npy"):
        np.testing.assert_array_equal(read_drawn(tmp_path / name, (3, 4)), masks)


def test_labels_find_their_images_by_name(tmp_path, caplog):
    """Cellpose writes beside the images, and its masks are PNGs like them."""
    for name in ("a.png", "b.tif", "c.png", "a_cp_masks.png", "b_seg.npy", "d_label.tiff"):
        (tmp_path / name).write_bytes(b"")
    pairs = find_drawn([tmp_path], [tmp_path])
    assert [(pair.image.name, pair.label.name) for pair in pairs] == [
        ("a.png", "a_cp_masks.png"),
        ("b.tif", "b_seg.npy"),
    ]
    assert "d_label.tiff: no image has this name" in caplog.text


def test_what_does_not_match_is_one_line(tmp_path):
    images, labels = tmp_path / "images", tmp_path / "labels"
    images.mkdir()
    labels.mkdir()
    (images / "a.png").write_bytes(b"")
    with pytest.raises(DataError, match="holds no labels"):
        find_drawn([images], [labels])
    (labels / "b_label.tif").write_bytes(b"")
    with pytest.raises(DataError, match=r"no image has this name; the label of .*png would be a_label"):
        find_drawn([images], [labels])
    (labels / "b.tif").write_bytes(b"")
    with pytest.raises(DataError, match="labels the same image; keep one"):
        find_drawn([images], [labels])
