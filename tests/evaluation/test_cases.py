"""Files paired by stem, sets and splits."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import UsageError
from evaluation.cases import Case, find_cases


def touch(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"x")
    return folder


def test_pairs_by_stem(tmp_path: Path) -> None:
    """The three ways to name true labels, and a prediction that is not there."""
    true = touch(tmp_path / "set" / "labels", "a.tif", "b_label.tiff", "c.png", "d.npy")
    pred = touch(tmp_path / "out", "a_label.tiff", "b_label.tiff", "c.png")
    assert find_cases(true, pred).cases == (
        Case("set", "a", true / "a.tif", pred / "a_label.tiff"),
        Case("set", "b", true / "b_label.tiff", pred / "b_label.tiff"),
        Case("set", "c", true / "c.png", pred / "c.png"),
        Case("set", "d", true / "d.npy", None),
    )


def test_stem_up_to_the_first_dot(tmp_path: Path) -> None:
    """`x.ome.tif` is predicted as `x_label.tiff`, unless two images share `x`."""
    true = touch(tmp_path / "true", "x.ome.tif", "y.1.tif", "y.2.tif")
    pred = touch(tmp_path / "out", "x_label.tiff", "y_label.tiff", "y.2_label.tiff")
    found = {case.image: case.pred and case.pred.name for case in find_cases(true, pred).cases}
    assert found == {"x.ome": "x_label.tiff", "y.1": None, "y.2": "y.2_label.tiff"}


def test_split_of_the_own_set(tmp_path: Path) -> None:
    """Ids of other sets in the same list stay out; a listed image without labels stays in."""
    true = touch(tmp_path / "one" / "labels", "a.png", "b.png")
    (tmp_path / "splits.csv").write_text(
        "set,id,group,split\none,a,g,test\none,b,g,train\none,gone,g,test\ntwo,a,g,val\ntwo,z,g,test\n"
    )
    pred = touch(tmp_path / "out", "a_label.tiff")
    found = find_cases(true, pred, "test").cases
    assert [(case.image, case.true is None) for case in found] == [("a", False), ("gone", True)]
    assert len(find_cases(true, pred).cases) == 2
    with pytest.raises(UsageError, match="no image of split 'val'"):
        find_cases(true, pred, "val")


def test_sets_below_the_folder(tmp_path: Path) -> None:
    """Several sets at once, with their predictions in a folder each."""
    touch(tmp_path / "gt" / "one" / "labels", "a.png")
    touch(tmp_path / "gt" / "two", "a.png")
    for name in ("one", "two"):
        touch(tmp_path / "out" / name, "a_label.tiff")
    found = find_cases(tmp_path / "gt", tmp_path / "out").cases
    assert [(case.set, case.pred) for case in found] == [
        ("one", tmp_path / "out" / "one" / "a_label.tiff"),
        ("two", tmp_path / "out" / "two" / "a_label.tiff"),
    ]


def test_flat_folder_with_the_sets_in_the_list(tmp_path: Path) -> None:
    """Labels of several sets in one folder are told apart by splits.csv."""
    true = touch(tmp_path / "all", "a.png", "b.png", "c.png")
    (true / "splits.csv").write_text("set,id,split\none,a,test\ntwo,b,test\n")
    found = find_cases(true, touch(tmp_path / "out", "a.png")).cases
    assert [(case.image, case.set) for case in found] == [("a", "one"), ("b", "two"), ("c", "all")]


def test_a_set_that_the_list_does_not_name(tmp_path: Path) -> None:
    """It took the rows of all other sets for its own, so their images were asked for twice."""
    touch(tmp_path / "gt" / "new" / "labels", "a.png")
    one = touch(tmp_path / "gt" / "one" / "labels", "a.png", "b.png")
    (tmp_path / "gt" / "splits.csv").write_text("set,id,split\none,a,test\none,b,test\n")
    for name in ("new", "one"):
        touch(tmp_path / "out" / name, "a_label.tiff", "b_label.tiff")
    found = find_cases(tmp_path / "gt", tmp_path / "out", "test").cases
    assert [(case.set, case.true) for case in found] == [("one", one / "a.png"), ("one", one / "b.png")]
    everything = find_cases(tmp_path / "gt", tmp_path / "out").cases
    assert [(case.set, case.image) for case in everything] == [("new", "a"), ("one", "a"), ("one", "b")]


def test_one_prediction_for_two_true_images_is_refused(tmp_path: Path) -> None:
    """Two sets with an image of one name must not both be scored with the same file."""
    for name in ("one", "two"):
        touch(tmp_path / "gt" / name / "labels", "a.png")
    with pytest.raises(UsageError, match="one folder per set"):
        find_cases(tmp_path / "gt", touch(tmp_path / "out", "a_label.tiff"))


def test_more_predictions_than_truth_is_said(tmp_path: Path) -> None:
    """Extra predictions are named; pictures beside them are not taken for predictions."""
    true = touch(tmp_path / "true", "a.png")
    pred = touch(tmp_path / "out", "a_label.tiff", "b_label.tiff", "c_label.tiff", "a_overlay.png")
    (note,) = find_cases(true, pred).notes
    assert "2 of 3 predictions are not among the images scored (the first: b_label.tiff)" in note
    assert find_cases(true, touch(tmp_path / "same", "a.png")).notes == ()


def test_nothing_to_score_is_wrong_use(tmp_path: Path) -> None:
    """Absent and empty folders, and a split that nobody wrote down."""
    empty, full = touch(tmp_path / "empty"), touch(tmp_path / "deep" / "er" / "full", "a.png")
    with pytest.raises(UsageError, match="no such folder"):
        find_cases(tmp_path / "none", full)
    with pytest.raises(UsageError, match="no such folder"):
        find_cases(full, tmp_path / "none")
    with pytest.raises(UsageError, match="no label files"):
        find_cases(empty, full)
    with pytest.raises(UsageError, match=r"needs a splits\.csv"):
        find_cases(full, full, "test")
    (full / "splits.csv").write_text("name,fold\na,1\n")
    with pytest.raises(UsageError, match="id and split are needed"):
        find_cases(full, full, "test")
    (full / "splits.csv").write_bytes(b"id,split\n\xe9,test\n")
    with pytest.raises(UsageError, match=r"splits\.csv: can't be read .* save it as CSV in UTF-8"):
        find_cases(full, full, "test")
