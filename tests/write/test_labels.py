"""Label TIFFs: written, read back, and the record inside."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from app.cells.spool import Spool
from app.write.labels import (
    Record,
    read_labels,
    read_record,
    rewrite_record,
    write_label_bands,
    write_labels,
)

RECORD = Record("aa", "bb", "budget=none, weights=µ")


@pytest.mark.parametrize(("count", "dtype"), [(0, "uint16"), (65535, "uint16"), (65536, "uint32")])
def test_ids_fit_their_type(tmp_path: Path, count: int, dtype: str) -> None:
    """The published code passed labels through int16, so that cell 32768 became negative."""
    labels = np.zeros((300, 300), np.int32)
    labels.ravel()[:count] = np.arange(1, count + 1)
    write_labels(tmp_path / "a.tiff", labels, RECORD)
    with tifffile.TiffFile(tmp_path / "a.tiff") as file:
        page = file.pages.first
        assert page.dtype == dtype
        assert page.shape == labels.shape
        assert page.compression.name == "ADOBE_DEFLATE"
    np.testing.assert_array_equal(read_labels(tmp_path / "a.tiff"), labels)


@settings(deadline=None, max_examples=30)
@given(
    height=st.integers(1, 1300), width=st.integers(1, 700), cuts=st.lists(st.integers(1, 1299), max_size=4)
)
def test_bands_equal_whole(
    tmp_path_factory: pytest.TempPathFactory, height: int, width: int, cuts: list[int]
) -> None:
    """A tile that is cut from the wrong band would shift labels by rows."""
    labels = np.random.default_rng(0).integers(0, 9, (height, width), np.int32)
    edges = [0, *sorted({cut for cut in cuts if cut < height}), height]
    path = tmp_path_factory.mktemp("bands") / "a.tiff"
    bands = (labels[a:b] for a, b in pairwise(edges))
    with Spool(path.parent) as spool:
        assert write_label_bands(path, bands, labels.shape, RECORD, spool) == labels.max()
    np.testing.assert_array_equal(read_labels(path), labels)
    assert read_record(path) == RECORD


def test_more_ids_than_uint16_in_bands(tmp_path: Path) -> None:
    """The number of cells of a slide is known at its end only."""
    labels = np.arange(1, 70_001, dtype=np.int32).reshape(700, 100)
    with Spool(tmp_path) as spool:
        given = [labels[:9], labels[9:]], labels.shape, RECORD, spool
        assert write_label_bands(tmp_path / "a.tiff", *given) == 70_000
    assert tifffile.imread(tmp_path / "a.tiff").dtype == np.uint32


def test_record_comes_back_and_can_be_changed(tmp_path: Path) -> None:
    """A second run skips by this record alone."""
    path = tmp_path / "a.tiff"
    labels = np.ones((5, 5), np.int32)
    write_labels(path, labels, RECORD)
    assert read_record(path) == RECORD
    other = Record("aa", "bb", "x" * 500)
    rewrite_record(path, other)
    assert read_record(path) == other
    np.testing.assert_array_equal(read_labels(path), labels)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("content", [b"", b"II*\0", b"no tiff at all"])
def test_no_record_in_something_else(tmp_path: Path, content: bytes) -> None:
    """A broken label must be done again, not crash the run or count as done."""
    (tmp_path / "a.tiff").write_bytes(content)
    assert read_record(tmp_path / "a.tiff") is None


def test_foreign_tiff_has_no_record(tmp_path: Path) -> None:
    """A label of another tool under our name is not taken for ours."""
    tifffile.imwrite(tmp_path / "a.tiff", np.zeros((3, 3), np.uint16), description="{}")
    assert read_record(tmp_path / "a.tiff") is None
