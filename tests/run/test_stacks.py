"""Stacks end to end: planes as images of a run, joined, resumed, refused; bright blobs for the network."""

from __future__ import annotations

import csv
import logging
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from imagecodecs import apng_decode
from numpy.typing import NDArray

from app.errors import UsageError
from app.network.inference import Network
from app.read import Plane, find_stacks, open_image
from app.run.folder import Run
from app.run.joining import picture
from app.run.names import output_stems
from app.run.predict import make_output
from app.run.stacks import StackRun, check_stack
from app.settings import Job
from app.write.labels import read_labels
from evaluation.ctcfiles import read_result, read_truth

Make = Callable[..., Any]


def run(job: Job, engine: object) -> int:
    check_stack(job)
    assert job.stack
    paths = find_stacks(job.inputs, job.stack)
    make_output(job.output)
    load = lambda: Network([engine], job.windows)  # type: ignore[list-item]  # noqa: E731
    return StackRun(job, output_stems(paths), "weights", load).over(paths)


def job(path: Path, **changes: Any) -> Job:
    return replace(Job((path,), path.parent / "out", budget="none", quiet=True), **changes)


def films(side: int = 90, frames: int = 6) -> NDArray[np.uint8]:
    """Two bright discs that drift to the right, one of which is missed in frame 3."""
    y, x = np.mgrid[:side, :side]
    film = np.random.default_rng(0).integers(20, 40, (frames, side, side)).astype(np.uint8)
    for frame in range(frames):
        for index, (cy, cx) in enumerate([(25, 20), (65, 40)]):
            if (frame, index) != (3, 1):
                film[frame][(y - cy) ** 2 + (x - cx - 3 * frame) ** 2 <= 100] = 220
    return film


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """The same as a file."""
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "film.tif"
    tifffile.imwrite(path, films(), imagej=True, metadata={"axes": "TYX"}, resolution=(2, 2))
    return path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_volume_equals_its_planes_but_for_ids(
    tmp_path: Path, bright_blobs: object, synthetic_field: Make
) -> None:
    """Nothing but ids may change where planes are joined."""
    planes = [synthetic_field(150, 130, 12, seed=seed)[0][..., 0] for seed in (0, 0, 1, 1, 1)]
    (tmp_path / "in").mkdir()
    stack = tmp_path / "in" / "volume.tif"
    tifffile.imwrite(
        stack,
        np.stack(planes),
        imagej=True,
        metadata={"axes": "ZYX", "spacing": 2.0, "unit": "um"},
        resolution=(2, 2),
    )
    assert run(job(stack, stack="z", save=("table",)), bright_blobs) == 0
    out = tmp_path / "in" / "out"
    assert sorted(path.name for path in out.iterdir()) == ["volume_cells.csv", "volume_label.tiff"]
    with tifffile.TiffFile(out / "volume_label.tiff") as file:
        assert (file.series[0].axes, file.series[0].shape) == ("ZYX", (5, 150, 130))
        whole = file.asarray()
    assert np.array_equal(np.unique(whole), np.arange(whole.max() + 1))
    assert np.array_equal(whole[0], whole[1])
    for page in range(5):
        single = job(stack, page=page, output=tmp_path / "single", overwrite=True)
        make_output(single.output)
        network = Network([bright_blobs], single.windows)  # type: ignore[list-item]
        assert Run(single, {stack: "one"}, "weights", lambda network=network: network).over([stack]) == 0
        alone = read_labels(tmp_path / "single" / "one_label.tiff")
        pairs = np.unique(np.stack([alone.ravel(), whole[page].ravel()]), axis=1).T
        assert len(pairs) == alone.max() + 1
    table = rows(out / "volume_cells.csv")
    assert len(table) == whole.max()
    first = whole == 1
    assert int(table[0]["volume"]) == first.sum()
    assert float(table[0]["volume_um3"]) == pytest.approx(first.sum() * 0.5 * 0.5 * 2)
    assert float(table[0]["centroid_z_um"]) == pytest.approx(2 * np.nonzero(first)[0].mean(), rel=1e-6)
    assert (int(table[0]["first_z"]), int(table[0]["last_z"])) == (0, 1)


def test_a_film_becomes_tracks(film: Path, bright_blobs: object) -> None:
    """One id a track; the frame that missed a cell has it again; three kinds of file tell the same."""
    assert run(job(film, stack="t", save=("ctc",)), bright_blobs) == 0
    out = film.parent / "out"
    assert sorted(path.name for path in out.iterdir()) == ["film_RES", "film_label.tiff", "film_tracks.csv"]
    with tifffile.TiffFile(out / "film_label.tiff") as file:
        assert (file.series[0].axes, file.series[0].shape) == ("TYX", (6, 90, 90))
        labels = file.asarray()
    assert [np.unique(frame).tolist() for frame in labels] == [[0, 1, 2]] * 6
    assert labels[0, 25, 20] == labels[5, 25, 35]
    table = rows(out / "film_tracks.csv")
    assert len(table) == 12
    drawn = [row for row in table if row["interpolated"] == "True"]
    assert [(row["frame"], row["parent"]) for row in drawn] == [("3", "0")]
    assert float(drawn[0]["centroid_x"]) == pytest.approx(49, abs=1)
    masks = read_result(out / "film_RES", read_truth(truth_like(out / "film_RES", film.parent / "GT")))
    assert masks.tracks.tolist() == [[1, 0, 5, 0], [2, 0, 5, 0]]
    assert np.array_equal(tifffile.imread(masks.masks[3]), labels[3])


def truth_like(result: Path, folder: Path) -> Path:
    """A result as if it were the truth, for readers that want both."""
    (folder / "TRA").mkdir(parents=True)
    for path in result.glob("mask*.tif"):
        (folder / "TRA" / f"man_track{path.stem[4:]}.tif").write_bytes(path.read_bytes())
    (folder / "TRA" / "man_track.txt").write_bytes((result / "res_track.txt").read_bytes())
    return folder


def test_a_film_of_the_film_and_its_report(film: Path, bright_blobs: object) -> None:
    """An overlay that plays, and a page with a row for the stack; a second run tells that all was done."""
    wanted = job(film, stack="t", save=("overlay",), report=True)
    assert run(wanted, bright_blobs) == 0
    out = film.parent / "out"
    assert sorted(path.name for path in out.iterdir()) == [
        "film_label.tiff",
        "film_overlay.png",
        "film_tracks.csv",
        "report.html",
    ]
    assert apng_decode((out / "film_overlay.png").read_bytes()).shape == (6, 90, 90, 3)
    page = (out / "report.html").read_text()
    assert '<a href="film_overlay.png"><img' in page
    assert "2 tracks in 6 frames, 0 divisions, 1 missed cells put in" in page
    assert "90 × 90" in page
    assert run(wanted, bright_blobs) == 0
    assert "done before, skipped" in (out / "report.html").read_text()


def test_a_report_of_a_stack_that_failed(film: Path, bright_blobs: object) -> None:
    """The line that says why stands in the page too."""
    assert run(job(film, stack="z", report=True), bright_blobs) == 1
    assert "use --stack t" in (film.parent / "out" / "report.html").read_text()


def test_a_folder_of_frames_is_the_same_film(film: Path, bright_blobs: object) -> None:
    frames = film.parent / "01"
    frames.mkdir()
    for index, frame in enumerate(tifffile.imread(film)):
        tifffile.imwrite(frames / f"t{index:03d}.tif", frame)
    for path in (film, frames):
        assert run(job(path, stack="t", output=film.parent / "out"), bright_blobs) == 0
    out = film.parent / "out"
    assert np.array_equal(read_labels(out / "film_label.tiff"), read_labels(out / "01_label.tiff"))


class Counted:
    """Bright blobs that count windows, and get a signal at the n-th."""

    name, batch = "counted", 2

    def __init__(self, engine: Any, signal_at: int = 0) -> None:
        self.engine = engine
        self.calls = 0
        self.signal_at = signal_at

    def __call__(self, windows: NDArray[np.float32]) -> Any:
        self.calls += 1
        if self.calls == self.signal_at:
            os.kill(os.getpid(), signal.SIGTERM)
        return self.engine(windows)


def test_a_stopped_film_goes_on_from_the_last_whole_frame(film: Path, bright_blobs: object) -> None:
    """A night's work must not begin anew."""
    whole = Counted(bright_blobs)
    assert run(job(film, stack="t", output=film.parent / "other"), whole) == 0
    stopped, rest = Counted(bright_blobs, signal_at=whole.calls // 2), Counted(bright_blobs)
    assert run(job(film, stack="t"), stopped) == 128 + signal.SIGTERM
    assert not list((film.parent / "out").glob("*.tiff"))
    kept = len(list((film.parent / "out" / ".film.planes").glob("*_label.tiff")))
    assert 0 < kept < 6
    assert run(job(film, stack="t"), rest) == 0
    per_frame = whole.calls / 6
    assert rest.calls <= (6 - kept) * per_frame + 1
    names = [film.parent / folder / "film_label.tiff" for folder in ("out", "other")]
    assert np.array_equal(*(read_labels(name) for name in names))
    assert not (film.parent / "out" / ".film.planes").exists()


def test_what_is_done_is_not_done_again(film: Path, bright_blobs: object) -> None:
    """And what was asked for otherwise is."""
    assert run(job(film, stack="t"), bright_blobs) == 0
    again, other = Counted(bright_blobs), Counted(bright_blobs)
    assert run(job(film, stack="t"), again) == 0
    assert again.calls == 0
    assert run(job(film, stack="t", save=("ctc",)), other) == 0
    assert other.calls > 0
    assert (film.parent / "out" / "film_RES").is_dir()


def test_a_bad_frame_costs_its_film_and_no_other(
    film: Path, bright_blobs: object, caplog: pytest.LogCaptureFixture
) -> None:
    """No half film is written; once the frame is mended only that one is done."""
    frames = film.parent / "01"
    frames.mkdir()
    data = tifffile.imread(film)
    for index, frame in enumerate(data):
        tifffile.imwrite(frames / f"t{index:03d}.tif", frame, compression="zlib", rowsperstrip=10)
    whole = (frames / "t002.tif").read_bytes()
    broken = bytearray(whole)
    broken[-2000:-1000] = bytes(1000)
    (frames / "t002.tif").write_bytes(broken)
    both = replace(job(frames, stack="t", output=film.parent / "out"), inputs=(frames, film))
    with caplog.at_level(logging.ERROR, "app"):
        assert run(both, bright_blobs) == 1
    out = film.parent / "out"
    assert sorted(path.name for path in out.glob("*_label.tiff")) == ["film_label.tiff"]
    assert any("01" in line and "t002.tif" in line for line in caplog.messages)
    assert not any("\n" in line for line in caplog.messages)
    (frames / "t002.tif").write_bytes(whole)
    assert run(both, bright_blobs) == 0
    assert (out / "01_label.tiff").exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"save": ("geojson",)}, "--save geojson: is not made with --stack t"),
        ({"page": 3}, "--page: takes one plane"),
        ({"stack": "", "save": ("ctc",)}, "--save ctc: is of tracks; add --stack t"),
    ],
)
def test_flags_that_do_not_go_together(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        check_stack(job(Path("a.tif"), **{"stack": "t", **changes}))


def test_records_of_single_images_stay_as_they_were() -> None:
    """Else every folder would be done again after an update."""
    assert "stack" not in Job((), Path()).recorded
    assert "stitch=0.25" in Job((), Path(), stack="z").recorded


def test_a_frame_is_thinned_out_by_its_means(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks at the edges are smaller, and strips must not cut a block."""
    monkeypatch.setattr("app.run.joining.SIDE", 20)
    monkeypatch.setattr("app.run.joining.STRIP", 4)
    frame = np.random.default_rng(0).integers(0, 255, (43, 50)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "t000.tif", frame)
    with open_image(tmp_path / "t000.tif") as source:
        gray = source.rows(0, 43).mean(axis=2)
    thin = picture(Plane(tmp_path / "t000.tif", None), job(tmp_path))
    assert thin.shape == (15, 17)
    assert thin[4, 5] == pytest.approx(gray[12:15, 15:18].mean(), rel=1e-5)
    assert thin[14, 16] == pytest.approx(gray[42:, 48:].mean(), rel=1e-5)


def test_a_stage_that_moves_leaves_tracks_whole(tmp_path: Path, bright_blobs: object) -> None:
    """Two discs go 40 px a frame with all around them, and three faint specks of the sensor stay."""
    rng = np.random.default_rng(0)
    world = rng.integers(20, 60, (140, 400)).astype(np.uint8)
    y, x = np.mgrid[:140, :400]
    for cy, cx in ((35, 200), (95, 220)):
        world[(y - cy) ** 2 + (x - cx) ** 2 <= 100] = 250
    film = np.stack([world[:, 120 - 40 * frame :][:, :220] for frame in range(3)])
    for cx in (15, 110, 205):
        film[:, ((y - 125) ** 2 + (x - cx) ** 2 <= 100)[:, :220]] = 120
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "film.tif"
    tifffile.imwrite(path, film, imagej=True, metadata={"axes": "TYX"})
    assert run(job(path, stack="t"), bright_blobs) == 0
    labels = tifffile.imread(tmp_path / "in" / "out" / "film_label.tiff")
    assert labels[0, 35, 80] == labels[1, 35, 120] == labels[2, 35, 160] > 0
    assert labels[0, 95, 100] == labels[1, 95, 140] == labels[2, 95, 180] > 0


def test_all_planes_have_the_owner_of_the_middle_one(
    film: Path, bright_blobs: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each frame by its own look, and a bright one goes to another model than the frames beside it."""
    seen: list[str | None] = []
    whole = Network.whole

    def noted(self: Network, *given: Any) -> Any:
        seen.append(self.owner)
        return whole(self, *given)

    middle = films()[3]

    def recognised(_: Network, image: Any, shape: tuple[int, int], *__: Any) -> tuple[None, str]:
        rows = image.rows(0, shape[0])[..., 0]
        assert np.corrcoef(rows.ravel(), middle.ravel())[0, 1] > 0.99
        return None, ""

    monkeypatch.setattr(Network, "recognise", recognised)
    given = Network.for_all_like

    def once(self: Network, image: Any, shape: tuple[int, int]) -> Network:
        found = given(self, image, shape)
        monkeypatch.setattr(Network, "recognise", lambda self, *_: (None, self.owner))
        return found

    monkeypatch.setattr(Network, "for_all_like", once)
    monkeypatch.setattr(Network, "whole", noted)
    assert run(job(film, stack="t"), bright_blobs) == 0
    assert seen == [""] * 6
