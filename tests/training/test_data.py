"""Good pairs are read alike from every format; bad ones are named in one line."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from training.data import DataError, Pair, find_pairs, load_labels, load_sample, spread


@pytest.fixture
def field(synthetic_field):
    return synthetic_field(72, 100, 12, 3)


def one_pair(root):
    (pair,) = find_pairs(root, "train")
    return pair


@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_image_and_labels_stay_aligned_in_every_format(tmp_path, write_pair, field, suffix):
    """A published training run read PNG images transposed against their labels and collapsed."""
    image, labels = field
    write_pair(tmp_path / "field", "a", image, labels.astype(np.uint16), suffix)
    sample = load_sample(one_pair(tmp_path))
    np.testing.assert_array_equal(sample.labels, labels)
    assert sample.image.shape == (72, 100, 3)
    inside, outside = (
        sample.image[..., 0][labels > 0].astype(float),
        sample.image[..., 0][labels == 0].astype(float),
    )
    assert inside.mean() > outside.mean() + 100  # cells of the fixture are bright
    assert sample.modality == "field/rgb"


def test_gray_16_bit_images_are_read_as_three_equal_channels(tmp_path, write_pair, field):
    image, labels = field
    write_pair(
        tmp_path / "field", "a", image[..., 0].astype(np.uint16) * 100, labels.astype(np.uint16), "tiff"
    )
    sample = load_sample(one_pair(tmp_path))
    assert sample.modality == "field/gray"
    assert (sample.image[..., 0] == sample.image[..., 2]).all()


def test_splits_choose_pairs_and_label_suffixes_are_known(tmp_path, write_pair, field):
    image, labels = field
    for name in ("a", "b"):
        write_pair(tmp_path / "field", name, image, labels.astype(np.uint16), "png")
    (tmp_path / "field" / "labels" / "a.png").rename(tmp_path / "field" / "labels" / "a_label.png")
    (tmp_path / "field" / "images" / ".DS_Store.png").write_bytes(b"hidden")
    with (tmp_path / "splits.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["set", "id", "split"], ["field", "a", "train"], ["field", "b", "test"]])
    assert [pair.id for pair in find_pairs(tmp_path, "train")] == ["a"]
    assert [pair.id for pair in find_pairs(tmp_path, "test")] == ["b"]


def test_a_list_without_its_columns_is_named(tmp_path, write_pair, field):
    """A traceback ended in KeyError: 'set'."""
    image, labels = field
    write_pair(tmp_path / "field", "a", image, labels.astype(np.uint16), "png")
    (tmp_path / "splits.csv").write_text("id,split\na,train\n")
    with pytest.raises(DataError, match=r"splits\.csv: has columns id, split; set, id and split are needed"):
        find_pairs(tmp_path, "train")


def test_the_working_folder_is_a_set_with_a_name(tmp_path, write_pair, field, monkeypatch):
    """`--data .` made a set without name, which no phase and no splits.csv can speak of."""
    image, labels = field
    write_pair(tmp_path / "mine", "a", image, labels.astype(np.uint16), "png")
    monkeypatch.chdir(tmp_path / "mine")
    assert one_pair(Path()).set == "mine"


def test_a_folder_of_images_and_labels_is_a_set_of_its_own(tmp_path, write_pair, field):
    image, labels = field
    write_pair(tmp_path / "mine", "a", image, labels.astype(np.uint16), "png")
    assert one_pair(tmp_path / "mine").set == "mine"


def test_relabelled_labels_take_the_place_of_the_old(tmp_path, write_pair, field):
    image, labels = field
    write_pair(tmp_path / "data" / "field", "a", image, labels.astype(np.uint16), "png")
    write_pair(tmp_path / "new" / "field", "a", image, (labels * 0).astype(np.uint16), "tiff")
    (pair,) = find_pairs(tmp_path / "data", "train", tmp_path / "new")
    assert pair.label == tmp_path / "new" / "field" / "labels" / "a.tiff"


BAD = {
    "another size": (lambda labels: labels[:-3], r"labels/a.tiff: is \(69, 100\), its image is \(72, 100\)"),
    "one value": (lambda labels: np.full_like(labels, 7), r"labels/a.tiff: holds one value only \(7\)"),
    "float": (
        lambda labels: labels.astype(np.float32),
        r"labels/a.tiff: labels must be whole numbers, found float32",
    ),
    "negative": (lambda labels: labels.astype(np.int32) - 1, r"labels/a.tiff: labels must not be negative"),
    "colour": (lambda labels: np.dstack([labels] * 3), r"labels/a.tiff: labels must have one channel"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_labels_are_named_in_one_line(tmp_path, write_pair, field, kind):
    image, labels = field
    spoil, message = BAD[kind]
    write_pair(tmp_path / "field", "a", image, spoil(labels.astype(np.uint16)), "tiff")
    with pytest.raises(DataError, match=message) as caught:
        load_sample(one_pair(tmp_path))
    assert "\n" not in str(caught.value)


def test_a_folder_without_pairs_is_named(tmp_path):
    (tmp_path / "field" / "images").mkdir(parents=True)
    with pytest.raises(DataError, match="no pairs of images/ and labels/"):
        find_pairs(tmp_path, "train")
    with pytest.raises(DataError, match="no such folder"):
        find_pairs(tmp_path / "missing", "train")


def test_an_image_without_label_is_named(tmp_path, write_pair, field):
    image, labels = field
    write_pair(tmp_path / "field", "a", image, labels.astype(np.uint16), "png")
    (tmp_path / "field" / "labels" / "a.png").unlink()
    with pytest.raises(DataError, match=r"a\.png: no label of this name"):
        find_pairs(tmp_path, "train")


def test_a_damaged_label_is_named(tmp_path, write_pair, field):
    image, labels = field
    write_pair(tmp_path / "field", "a", image, labels.astype(np.uint16), "png")
    (tmp_path / "field" / "labels" / "a.png").write_bytes(b"\x89PNG\r\n")
    with pytest.raises(DataError, match="can't be read as a label"):
        load_sample(one_pair(tmp_path))


def test_ids_beyond_float32_are_renumbered(tmp_path, write_pair):
    """Crops are scaled in float32; two neighbouring ids above 2**24 would become one cell."""
    labels = np.zeros((8, 8), np.uint32)
    labels[:4], labels[4:] = 2**24, 2**24 + 1
    labels[0, 0] = 0
    write_pair(tmp_path / "field", "a", np.zeros((8, 8), np.uint8), labels, "tiff")
    assert np.unique(load_labels(tmp_path / "field" / "labels" / "a.tiff")).tolist() == [0, 1, 2]


def test_a_few_images_stand_for_all_sets():
    """The first N of a list that is sorted by set are N images of one set."""
    pairs = [Pair(name, str(i), Path(), Path()) for name, count in (("a", 9), ("b", 1)) for i in range(count)]
    assert [(pair.set, pair.id) for pair in spread(pairs, 4)] == [
        ("a", "0"),
        ("a", "3"),
        ("a", "6"),
        ("b", "0"),
    ]
    assert len(spread(pairs, 99)) == 10


def test_a_set_that_the_splits_do_not_name_is_for_training(tmp_path, write_pair, field):
    """A bank of synthetic images beside real sets would need a row for every image."""
    image, labels = field
    for name in ("real", "synthetic"):
        write_pair(tmp_path / name, "a", image, labels.astype(np.uint16), "png")
    (tmp_path / "splits.csv").write_text("set,id,split\nreal,a,val\n")
    assert [pair.set for pair in find_pairs(tmp_path, "train")] == ["synthetic"]
    assert [pair.set for pair in find_pairs(tmp_path, "val")] == ["real"]
