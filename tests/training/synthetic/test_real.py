"""What real images lend stays what it was: form of outlines, cells of pieces, labels of collages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from skimage.measure import label

from training.data import DataError, Pair, load_image
from training.synthetic import draw
from training.synthetic.collage import collage, paste_cells
from training.synthetic.real import Piece, Real, dyes_of, outlines, piece, read, zoom_for


@pytest.fixture
def real(tmp_path, write_pair, synthetic_field):
    """Four drawn fields of two sets."""
    for name in ("field", "other"):
        for seed in range(2):
            image, labels = synthetic_field(120, 140, 20, seed)
            write_pair(tmp_path / name, str(seed), image, labels.astype(np.uint16), "png")
    return Real.find(tmp_path)


def flat(labels, level):
    """A gray piece whose cells are 200 on a ground of `level`."""
    image = np.where(labels > 0, 200, level).astype(np.uint8)
    return Piece(np.repeat(image[..., None], 3, 2), labels.astype(np.int32), True, 20.0)


def test_only_the_train_split_lends(cells):
    """A bank that borrows from test makes every score on it a lie."""
    import csv

    with (cells / "splits.csv").open(newline="") as file:
        split = {(row["set"], row["id"]): row["split"] for row in csv.DictReader(file)}
    real = Real.find(cells, ["baby"])
    assert {split[pair.set, pair.id] for pair in real.pairs} == {"train"}
    assert "baby" not in {pair.set for pair in real.pairs}


def test_sets_can_be_left_out_but_not_all(real):
    root = real.pairs[0].image.parents[2]
    assert {pair.set for pair in Real.find(root, ["field"]).pairs} == {"other"}
    with pytest.raises(DataError, match="no set is left to borrow from without field, other"):
        Real.find(root, ["field", "other"])


def test_outlines_keep_area_and_form():
    y, x = np.mgrid[:200, :200]
    labels = (np.hypot((y - 60) / 2, x - 60) < 15) * 1 + (np.hypot(y - 140, x - 140) < 15) * 2
    labels[:30, 150:] = 3  # cut by the frame: its outline is the frame's
    large, small = sorted(
        outlines(np.random.default_rng(0), flat(labels, 20)), key=lambda o: -np.ptp(o[:, 0])
    )
    assert np.ptp(large[:, 0]) / np.ptp(large[:, 1]) == pytest.approx(2, rel=0.05)
    assert np.ptp(small[:, 0]) == pytest.approx(np.ptp(small[:, 1]), rel=0.05)
    area = np.pi / 4 * np.ptp(large[:, 0]) * np.ptp(large[:, 1])
    assert np.sqrt(area / (np.pi / 4 * np.ptp(small[:, 0]) ** 2)) == pytest.approx(np.sqrt(2), rel=0.05)


def test_a_piece_keeps_image_and_labels_together(real):
    """Mirrored and turned by two transforms that disagreed by half a pixel, borders would be off."""
    for seed in range(6):
        rng = np.random.default_rng(seed)
        whole = read(real.choose(rng))
        part = piece(rng, whole, 96, zoom_for(rng, whole, 96))
        assert part.image.shape == (96, 96, 3)
        cells = part.labels > 0
        assert part.image[cells].mean() > part.image[~cells].mean() + 90
        pieces = label(part.labels, background=0, connectivity=1)
        assert len(np.unique(pieces)) == len(np.unique(part.labels))  # a mirrored cell is no second half


def test_pasted_cells_take_the_level_of_their_new_ground():
    """A bright square around each pasted cell would be what a network learns to find."""
    y, x = np.mgrid[:128, :128]
    donor = flat((np.hypot(y - 64, x - 64) < 12).astype(np.int32), 60)
    image, labels = np.full((128, 128, 3), 90, np.float32), np.zeros((128, 128), np.int32)
    paste_cells(np.random.default_rng(0), image, labels, donor, 1.0)
    assert labels.max() == 1
    assert image[labels == 1].mean() == pytest.approx(230, abs=8)
    assert abs(image[labels == 0].mean() - 90) < 3
    assert image.min() > 85


def test_cells_are_not_pasted_over_cells():
    y, x = np.mgrid[:64, :64]
    donor = flat((np.hypot(y - 32, x - 32) < 12).astype(np.int32), 60)
    image, labels = np.full((64, 64, 3), 90, np.float32), np.ones((64, 64), np.int32)
    paste_cells(np.random.default_rng(0), image, labels, donor, 1.0)
    assert (labels == 1).all()
    assert (image == 90).all()


def test_collages_come_from_one_set(real):
    image, labels, name = collage(np.random.default_rng(0), 96, real)
    assert image.shape[:2] == labels.shape == (96, 96)
    assert name in ("field", "other")


def test_what_is_drawn_with_real_images_is_drawn_again(real):
    """Images are read when needed and kept for a while: the order of reading must not matter."""
    first = [draw(seed, 80, real=real) for seed in range(12)]
    read.cache_clear()
    again = [draw(seed, 80, real=real) for seed in reversed(range(12))][::-1]
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.image, two.image)
        np.testing.assert_array_equal(one.labels, two.labels)
    assert {"collage"} < {synthetic.layout for synthetic in first}


def test_real_sets_lend_every_look(cells: Path):
    """Each modality at hand once: 16 bit, RGB, tiny, and long images."""
    real = Real.find(cells)
    names = sorted({pair.set for pair in real.pairs})
    for name in names:
        alone = Real(tuple(pair for pair in real.pairs if pair.set == name)[:2])
        for seed in range(2):
            drawn = draw(seed, 64, real=alone)
            assert drawn.image.shape[:2] == (64, 64)


def test_the_colours_of_a_section_are_blue_and_pink(cells: Path):
    pair = next(pair for pair in Real.find(cells).pairs if pair.set == "tnbc")
    dyes = dyes_of(read(pair))
    assert dyes is not None
    assert np.linalg.norm(dyes.nuclear) == pytest.approx(1, abs=1e-5)
    assert dyes.nuclear[0] > dyes.other[0]  # nuclei take more of the red light
    gray = Pair("a", "b", *next((p.image, p.label) for p in Real.find(cells).pairs if p.set == "bbbc039"))
    assert load_image(gray.image)[1]
    assert dyes_of(read(gray)) is None
