"""Run lengths: the convention of the 2018 Data Science Bowl, there and back, and files that are wrong."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from app.errors import ReadError, UsageError
from app.system.tables import read_table
from evaluation.cli import main
from evaluation.rle import Encoded, encode, read_rows

LABELS = arrays(np.int64, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.integers(0, 4))


def rows_file(folder: Path, text: str) -> Path:
    path = folder / "rows.csv"
    path.write_text(text)
    return path


def test_pixels_count_from_one_down_the_columns() -> None:
    """The Bowl's own words: "pixels are numbered from top to bottom, then left to right"."""
    labels = np.array([[5, 0, 0], [5, 0, 9], [0, 9, 9]])
    assert list(encode("a", labels)) == [("a", "1 2"), ("a", "6 1 8 2")]
    assert list(encode("b", labels * 0, sizes=True)) == [("b", "", 3, 3)]


@settings(max_examples=100, deadline=None)
@given(LABELS, st.sampled_from([1, 70_000, 1 << 40]))
def test_there_and_back(labels: np.ndarray, step: int) -> None:
    """Any ids, pieces and holes; cells come back numbered from 1."""
    rows = tuple((i, str(row[1])) for i, row in enumerate(encode("a", labels * step)) if row[1])
    again = Encoded(Path("a.csv"), "a", rows, None).decode(labels.shape)
    ids = [0, *(cell for cell in np.unique(labels) if cell)]
    assert np.array_equal(np.array(ids)[again], labels)


def test_a_folder_scores_one_against_its_own_rows(tmp_path: Path, synthetic_field) -> None:
    """Through both commands; pictures beside the labels are no images."""
    pred = tmp_path / "pred"
    pred.mkdir()
    for name, seed in (("a", 0), ("b", 1)):
        np.save(pred / f"{name}_label.npy", synthetic_field(90, 140, 15, seed)[1])
    np.save(pred / "empty_label.npy", np.zeros((7, 9), np.int32))
    (pred / "a_overlay.png").write_bytes(b"no labels")
    for flags in ([], ["--sizes"]):
        assert main(["rle", "-p", str(pred), "-o", str(tmp_path / "true.csv"), *flags]) == 0
        assert main(["f1", "-g", str(tmp_path / "true.csv"), "-p", str(pred)]) == 0
        scores = read_table(pred / "f1.csv", UsageError, "")
        assert sorted(row["image"] for row in scores) == ["a", "b", "empty"]
        assert not any(int(row["global_fn"]) + int(row["global_fp"]) for row in scores)


def test_a_missing_prediction_is_counted_where_sizes_are_given(tmp_path: Path) -> None:
    (tmp_path / "pred").mkdir()
    path = rows_file(tmp_path, "ImageId,EncodedPixels,Height,Width\na,6 2,4,4\na,10 2,4,4\n")
    assert main(["f1", "-g", str(path), "-p", str(tmp_path / "pred")]) == 1
    (row,) = read_table(tmp_path / "pred" / "f1.csv", UsageError, "")
    assert row["global_fn"] == "2"


def test_a_cell_of_more_text_than_the_csv_reader_likes(tmp_path: Path) -> None:
    """Python's reader ends at 131,072 characters; a large cell has more."""
    text = " ".join(f"{2 * i + 1} 1" for i in range(30_000))
    rows = read_rows(rows_file(tmp_path, f"ImageId,EncodedPixels\na,{text}\n"))
    assert rows["a"].decode((100, 600)).sum() == 30_000
    assert csv.field_size_limit() == 131_072


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 2 3", "3 numbers are no pairs"),
        ("1 x", "'x' is no number"),
        ("1 -2", "'-2' is no number"),
        ("1 ²", "'²' is no number"),
        ("0 2", "leaves an image of 12 pixels"),
        ("1 0", "leaves an image"),
        ("12 2", "leaves an image"),
        ("1 999999999999999", "leaves an image"),
        ("1 " + "9" * 5000, "is no number"),
        ("1 3 3 1", "for the second time"),
        ("8 2", "for the second time"),
    ],
)
def test_a_wrong_row_is_one_line(text: str, said: str, tmp_path: Path) -> None:
    path = rows_file(tmp_path, f"ImageId,EncodedPixels\na,9 1\na,{text}\n")
    with pytest.raises(ReadError, match=rf"rows\.csv: line 3: .*{said}.*; correct that row$") as caught:
        read_rows(path)["a"].decode((3, 4))
    assert len(str(caught.value)) < 200 + len(str(tmp_path))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no column ImageId"),
        ("ImageId,Pixels\na,1 2\n", "has no column EncodedPixels"),
        ("ImageId,EncodedPixels\n", "holds no rows"),
        ("ImageId,EncodedPixels\n,1 2\n", "line 2: names no image"),
        ("ImageId,EncodedPixels,Height,Width\na,1 2,4,\n", "line 2: .*is no size"),
        ("ImageId,EncodedPixels,Height,Width\na,1 2,99999999,99999999\n", "is no size"),
        ("ImageId,EncodedPixels,Height,Width\na,1 2,4,4\na,3 1,4,5\n", "line 3: .*second size"),
    ],
)
def test_a_wrong_file_is_wrong_use(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=said):
        read_rows(rows_file(tmp_path, text))


def test_rows_without_any_size(tmp_path: Path) -> None:
    rows = read_rows(rows_file(tmp_path, "ImageId,EncodedPixels\na,1 2\n"))
    with pytest.raises(ReadError, match="has no size; add columns Height and Width"):
        rows["a"].decode()
