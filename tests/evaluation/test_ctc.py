"""Cell Tracking Challenge scores: known by hand on tiny sequences, and every wrong folder in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from app.errors import ReadError
from evaluation.border import border_of
from evaluation.cli import main
from evaluation.ctc import score_sequence

Rows = list[tuple[int, int, int, int]]


def film() -> tuple[NDArray[np.uint16], Rows]:
    """Four frames: cell 1 divides into 2 and 3 after frame 1; cell 4 stays."""
    masks = np.zeros((4, 20, 30), np.uint16)
    masks[:2, 2:8, 2:14] = 1
    masks[2:, 2:8, 2:7] = 2
    masks[2:, 2:8, 9:14] = 3
    masks[:, 12:18, 18:26] = 4
    return masks, [(1, 0, 1, 0), (2, 2, 3, 1), (3, 2, 3, 1), (4, 0, 3, 0)]


def write(
    folder: Path, prefix: str, masks: NDArray[np.uint16], name: str = "", rows: Rows | None = None
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for frame, mask in enumerate(masks):
        tifffile.imwrite(folder / f"{prefix}{frame:03d}.tif", mask)
    if rows is not None:
        (folder / name).write_text("".join("{} {} {} {}\n".format(*row) for row in rows))


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """A truth, and a result that is the same."""
    masks, rows = film()
    truth, result = tmp_path / "01_GT", tmp_path / "01_RES"
    write(truth / "TRA", "man_track", masks, "man_track.txt", rows)
    write(truth / "SEG", "man_seg", masks)
    write(result, "mask", masks, "res_track.txt", rows)
    return truth, result


def test_the_truth_itself_scores_one(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """A result that is right must not lose a digit; and the library's chatter stays out of the output."""
    assert main(["ctc", "-g", str(folders[0]), "-p", str(folders[1])]) == 0
    head, line = capsys.readouterr().out.splitlines()
    assert head.split()[:4] == ["frames", "SEG", "DET", "TRA"]
    assert line.split() == ["4", *["1.0000"] * 9]


def test_a_missed_cell_costs_what_the_challenge_says(folders: tuple[Path, Path]) -> None:
    """One of 10 nodes with its edge: 10 of 100 for DET; 10 + 1.5 of 100 + 8 × 1.5 for TRA."""
    masks, rows = film()
    masks[3][masks[3] == 3] = 0
    rows[2] = (3, 2, 2, 1)
    write(folders[1], "mask", masks, "res_track.txt", rows)
    scores = score_sequence(*folders)
    assert scores.seg == pytest.approx(9 / 10)
    assert scores.det == pytest.approx(1 - 10 / 100)
    assert scores.tra == pytest.approx(1 - 11.5 / (100 + 8 * 1.5))
    assert [(match.tp, match.fp, match.fn) for match in scores.curve] == [(9, 0, 1)] * len(scores.curve)


def test_a_lost_parent_costs_its_edges(folders: tuple[Path, Path]) -> None:
    """Links count: two parent edges of 1.5 are to be added."""
    masks, rows = film()
    rows = [(*row[:3], 0) for row in rows]
    write(folders[1], "mask", masks, "res_track.txt", rows)
    scores = score_sequence(*folders)
    assert (scores.seg, scores.det) == (1.0, 1.0)
    assert scores.tra == pytest.approx(1 - 3 / 112)


def test_outlines_without_tracks_are_scored_by_seg_alone(
    folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Films whose truth carries no ids through time still have outlines."""
    for path in (folders[0] / "TRA").iterdir():
        path.unlink()
    assert main(["ctc", "-g", str(folders[0]), "-p", str(folders[1])]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:4] == ["4", "1.0000", "-", "-"]


def test_nothing_found_scores_nothing(folders: tuple[Path, Path]) -> None:
    """The library fails where no id is left; a result without a cell is a bad one, not an error."""
    write(folders[1], "mask", np.zeros_like(film()[0]), "res_track.txt", [])
    scores = score_sequence(*folders)
    assert (scores.seg, scores.det, scores.tra) == (0.0, 0.0, 0.0)


def test_the_curve_is_written(folders: tuple[Path, Path], tmp_path: Path) -> None:
    """One row a threshold, with the whole scores beside it."""
    output = tmp_path / "curve.csv"
    assert main(["ctc", "-g", str(folders[0]), "-p", str(folders[1]), "-o", str(output)]) == 0
    head, *rows = output.read_text().splitlines()
    assert head.startswith("iou,tp,fp,fn,precision,recall")
    assert rows[0] == "0.1,10,0,0,1,1,1,1,1,1"


def rows_of(root: Path, text: str) -> None:
    (root / "01_RES" / "res_track.txt").write_text(text)


def remove(root: Path, pattern: str) -> None:
    for path in root.glob(pattern):
        path.unlink()


def mask(root: Path, frame: int, labels: NDArray[np.uint16]) -> None:
    tifffile.imwrite(root / "01_RES" / f"mask{frame:03d}.tif", labels)


# what is spoilt in the folder that holds 01_GT and 01_RES, and the words that a user must see
FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "no truth": (lambda root: remove(root, "01_GT/*/*.tif"), "NN_GT folder"),
    "no masks": (lambda root: remove(root, "01_RES/*.tif"), "NN_RES folder"),
    "a frame too few": (lambda root: remove(root, "01_RES/mask002.tif"), "the first is 2"),
    "a frame too many": (lambda root: mask(root, 4, film()[0][3]), "no frame 4"),
    "a gap in the truth": (lambda root: remove(root, "01_GT/TRA/man_track001.tif"), "frame 1 is missing"),
    "another size": (lambda root: mask(root, 1, film()[0][0, 1:]), "is (19, 30)"),
    "no tracks": (lambda root: remove(root, "01_RES/*.txt"), "can't be read"),
    "no numbers": (lambda root: rows_of(root, "1 0 x 0\n"), "line 1 is '1 0 x 0'"),
    "an id twice": (lambda root: rows_of(root, "1 0 1 0\n1 2 3 0\n"), "line 2 names id 1 twice"),
    "no such parent": (lambda root: rows_of(root, "1 0 1 9\n"), "parent 9 of track 1"),
    "ids that differ": (lambda root: rows_of(root, "1 0 1 0\n"), "differ in"),
    "a track too long": (lambda root: rows_of(root, "1 0 9 0\n"), "goes on to frame 9"),
    "a damaged mask": (lambda root: (root / "01_RES" / "mask001.tif").write_bytes(b"II*\0"), "can't be read"),
    "a volume": (lambda root: (root / "01_GT" / "SEG" / "man_seg_000_01.tif").touch(), "slice of a volume"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_wrong_folders_say_so_in_one_line(
    folders: tuple[Path, Path], fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The library answers with an assertion or an index out of range; a user needs the file's name."""
    spoil, words = FAULTS[fault]
    spoil(folders[0].parent)
    assert main(["ctc", "-g", str(folders[0]), "-p", str(folders[1])]) == 1
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1
    with pytest.raises(ReadError):
        score_sequence(*folders)


def test_the_border_leaves_out_what_lies_wholly_in_it(folders: tuple[Path, Path]) -> None:
    """Cells that nobody annotated are no false positives; one that reaches into the field counts as ever."""
    masks, rows = film()
    masks[1:3, 0:3, 20:28] = 5  # in the border of 3 px
    masks[:, 0:2, 4:9] = 6
    write(folders[1], "mask", masks, "res_track.txt", [*rows, (5, 1, 2, 0), (6, 0, 3, 0)])
    assert score_sequence(*folders).det == pytest.approx(1 - 6 / 100)
    scores = score_sequence(*folders, 3)
    assert (scores.seg, scores.det, scores.tra) == (1.0, 1.0, 1.0)
    assert scores.curve[0].fp == 0


def test_a_track_that_visits_the_border_goes_on_as_its_own_child(folders: tuple[Path, Path]) -> None:
    """The truth has it as two tracks, the second the child of the first."""
    masks, rows = film()
    for folder, prefix, name in (
        (folders[0] / "TRA", "man_track", "man_track.txt"),
        (folders[1], "mask", "res_track.txt"),
    ):
        moved = masks.copy()
        moved[1][moved[1] == 4] = 0
        if prefix == "mask":
            moved[1, 18:20, 18:26] = 4
        pieces = [(4, 0, 0, 0), (5, 2, 3, 4)] if prefix == "man_track" else [(4, 0, 3, 0)]
        if prefix == "man_track":
            moved[2:][moved[2:] == 4] = 5
        write(folder, prefix, moved, name, rows[:3] + pieces)
    assert score_sequence(*folders, 2).tra == 1.0


def test_contradictions_are_told_with_a_border_too(folders: tuple[Path, Path]) -> None:
    masks, rows = film()
    masks[3][masks[3] == 3] = 0
    write(folders[1], "mask", masks, "res_track.txt", rows)
    with pytest.raises(ReadError, match=r"masks and res_track\.txt differ in track 3"):
        score_sequence(*folders, 1)
    with pytest.raises(ReadError, match="all of it border of 10 px"):
        score_sequence(*folders, 10)


def test_data_sets_have_the_borders_of_the_challenge(capsys: pytest.CaptureFixture[str]) -> None:
    assert [border_of(name) for name in ("25", "PhC-C2DL-PSC", "phc-c2dh-u373", "Fluo-N2DH-SIM+")] == [
        25,
        25,
        50,
        0,
    ]
    with pytest.raises(SystemExit):
        main(["ctc", "-g", "a", "-p", "b", "--border", "HeLa"])
    assert "'HeLa' is no number of pixels and none of DIC-C2DH-HeLa" in capsys.readouterr().err
