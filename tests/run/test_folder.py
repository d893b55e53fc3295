"""A folder run: isolation, resumption, claims; a bright-blob finder stands for the network."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from app.errors import UsageError, WeightsError
from app.network.inference import Network
from app.network.stains import ALLOWED
from app.read import find_images
from app.run import alone, finish
from app.run.folder import Run
from app.run.names import output_stems
from app.run.predict import make_output
from app.settings import Job
from app.system.files import Partial
from app.write.labels import read_labels
from tests.run.runs import files, job, run

Make = Callable[..., Any]


def test_every_image_gets_its_labels(folder: Path, bright_blobs: object, synthetic_field: Make) -> None:
    """One label per image, of its size, with the cells that are there."""
    status, _ = run(job(folder), bright_blobs)
    assert status == 0
    assert files(folder) == [f"image{i}_label.tiff" for i in range(4)]
    labels = read_labels(folder / "out" / "image0_label.tiff")
    truth = synthetic_field(150, 130, 12, seed=0)[1]
    assert labels.shape == truth.shape
    assert ((labels > 0) == (truth > 0)).mean() > 0.98


def test_a_bad_file_costs_itself_only(
    folder: Path, bright_blobs: object, caplog: pytest.LogCaptureFixture
) -> None:
    """One file ended the batch in every peer that users complained of."""
    (folder / "in" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nrubbish")
    (folder / "in" / "empty.tif").write_bytes(b"")
    tifffile.imwrite(
        folder / "in" / "stack.tif", np.zeros((2, 5, 6, 50, 50), np.uint8), metadata={"axes": "TZCYX"}
    )
    with caplog.at_level(logging.ERROR, "app"):
        status, done = run(job(folder), bright_blobs)
    assert status == 1
    assert len(files(folder)) == 4
    assert {path.name for path in done.tally.failed} == {"broken.png", "empty.tif", "stack.tif"}
    for path, message in done.tally.failed.items():
        assert str(path) in message
        assert "\n" not in message


def test_a_fault_of_ours_costs_one_image_too(folder: Path, bright_blobs: Any) -> None:
    """An exception that nobody thought of must not end the night's run."""

    class Moody:
        name, batch, calls = "moody", 1, 0

        def __call__(self, windows: Any) -> Any:
            self.calls += 1
            if self.calls == 2:
                raise RuntimeError("a fault")
            return bright_blobs(windows)

    status, done = run(job(folder), Moody())
    assert status == 1
    assert len(files(folder)) == 3
    (message,) = done.tally.failed.values()
    assert "RuntimeError: a fault" in message


def test_a_second_run_does_only_what_changed(
    folder: Path, bright_blobs: object, synthetic_field: Make
) -> None:
    """Finished work is kept; a changed input, other settings or --overwrite do it again."""
    run(job(folder), bright_blobs)
    _, again = run(job(folder), bright_blobs)
    assert (len(again.tally.written), len(again.tally.skipped)) == (0, 4)
    tifffile.imwrite(folder / "in" / "image1.tif", synthetic_field(150, 130, 12, seed=9)[0])
    _, changed = run(job(folder), bright_blobs)
    assert [one.label.name for one in changed.tally.written] == ["image1_label.tiff"]
    _, other = run(job(folder, budget="500"), bright_blobs)
    assert len(other.tally.written) == 4
    _, over = run(job(folder, budget="500", overwrite=True), bright_blobs)
    assert len(over.tally.written) == 4


def test_a_broken_label_is_done_again(folder: Path, bright_blobs: object) -> None:
    """A label cut by another program, or by a full disk, does not count as done."""
    run(job(folder), bright_blobs)
    label = folder / "out" / "image2_label.tiff"
    label.write_bytes(label.read_bytes()[:40])
    _, again = run(job(folder), bright_blobs)
    assert [one.label.name for one in again.tally.written] == ["image2_label.tiff"]


def test_an_image_in_other_hands_is_waited_for(folder: Path, bright_blobs: object) -> None:
    """What another process has claimed is left to it; if it dies without a label, we do it."""
    make_output(folder / "out")
    claim = Partial.take(folder / "out" / "image0_label.tiff")
    assert claim is not None
    import threading

    threading.Timer(1.0, claim.drop).start()
    status, done = run(job(folder), bright_blobs)
    assert status == 0
    last = done.tally.written[-1]
    assert last.label.name == "image0_label.tiff"
    assert last.seconds < 0.9, "the wait took time from the image, and with it passes and scales"
    assert len(files(folder)) == 4


def test_extras_that_fail_do_not_take_the_labels_with_them(
    folder: Path, bright_blobs: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Labels are what took the time; the next run tries the extras again."""
    from app import write

    def broken(*_: object) -> Path:
        raise OSError("no room")

    writers = write.WRITERS
    monkeypatch.setattr(write, "WRITERS", {"overlay": broken})
    status, _ = run(job(folder, save=("overlay",)), bright_blobs)
    assert status == 1
    assert files(folder) == [f"image{i}_label.tiff" for i in range(4)]
    monkeypatch.setattr(write, "WRITERS", writers)
    status, done = run(job(folder, save=("overlay",)), bright_blobs)
    assert status == 0
    assert len(done.tally.written) == 4
    assert len(files(folder)) == 8


def test_damaged_weights_end_the_run(folder: Path) -> None:
    """Each image of the folder was said to have failed unexpectedly, and to be reported to us."""
    lost = WeightsError("pair/a.safetensors: damaged or replaced; fetch it again")

    def broken(_: object) -> None:
        raise lost

    broken.batch = 1  # type: ignore[attr-defined]
    with pytest.raises(WeightsError, match="damaged"):
        run(job(folder), broken)
    assert files(folder) == []


def test_a_report_that_cannot_be_written(folder: Path, bright_blobs: object) -> None:
    """All labels are there, so it is no wrong use, and the summary must still come."""
    (folder / "out" / "report.html").mkdir(parents=True)
    status, done = run(job(folder, report=True), bright_blobs)
    assert status == 1
    assert len(done.tally.written) == 4


def test_a_full_disk_is_named(folder: Path, bright_blobs: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was called unexpected, and to be reported."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.run.finish.write_labels", full)
    status, done = run(job(folder), bright_blobs)
    assert status == 1
    for path, message in done.tally.failed.items():
        assert message == f"{path}: No space left on device; make room, check the disk and run again"
    assert files(folder) == []


def test_images_done_before_are_not_on_the_clock_of_the_first(
    folder: Path, bright_blobs: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a folder resumed after hours of looking at finished work, the first image had no time left."""
    resumed = job(folder, budget="500")
    images = find_images(resumed.inputs)
    make_output(resumed.output)
    monkeypatch.setattr("app.system.machine.process_age", lambda: 0.5)
    done = Run(resumed, output_stems(images), "weights", lambda: Network([bright_blobs], resumed.windows))  # type: ignore[list-item]
    monkeypatch.setattr("app.system.machine.process_age", lambda: 3600.0)
    assert done.over(images) == 0
    assert not any(one.late for one in done.tally.written)


def test_large_images_go_in_bands(folder: Path, bright_blobs: object) -> None:
    """The way of slides must give the labels of the way of small images."""
    run(job(folder), bright_blobs)
    whole = [read_labels(path) for path in sorted((folder / "out").iterdir())]
    shutil.rmtree(folder / "out")
    small = replace(Job((), Path()).tracking, block_from=1000, block=64)
    status, _ = run(job(folder, tracking=small), bright_blobs)
    assert status == 0
    for labels, path in zip(whole, sorted((folder / "out").iterdir()), strict=True):
        np.testing.assert_array_equal(read_labels(path), labels)


@pytest.mark.parametrize("scales", ["1", "0.5"])
def test_a_slides_flows_are_those_of_a_whole_image(folder: Path, bright_blobs: Any, scales: str) -> None:
    """At half scale a slide's flows were whatever lay in memory."""
    flows = []
    for block_from in (1_000_000, 1000):
        tracking = replace(Job((), Path()).tracking, block_from=block_from, block=64)
        given = job(folder, tracking=tracking, scales=scales, save=("flows",), overwrite=True)
        assert run(given, bright_blobs)[0] == 0
        flows.append([np.load(path)["dP"] for path in sorted((folder / "out").glob("*_flows.npz"))])
    assert len(flows[0]) == 4
    for whole, banded in zip(*flows, strict=True):
        np.testing.assert_allclose(banded, whole, atol=1e-4)


@pytest.mark.parametrize("banded", [False, True])
def test_tissue_in_dab_may_have_more_flow_error(
    tmp_path: Path, bright_blobs: Any, monkeypatch: pytest.MonkeyPatch, banded: bool
) -> None:
    """A slide in DAB must be judged as a small image is, and what a job asks for must hold for both."""
    from skimage.data import immunohistochemistry

    (tmp_path / "in").mkdir()
    tifffile.imwrite(tmp_path / "in" / "tissue.tif", immunohistochemistry()[128:384, 256:], photometric="rgb")
    module, call = (alone, "find_cells_in_bands") if banded else (finish, "find_cells")
    asked, there = [], getattr(module, call)
    monkeypatch.setattr(module, call, lambda *given: asked.append(given[2]) or there(*given))
    tracking = replace(Job((), Path()).tracking, block_from=1000 if banded else 1_000_000, block=64)
    assert run(job(tmp_path, tracking=tracking, scales="1,0.5"), bright_blobs)[0] == 0
    assert asked == [replace(tracking, flow_threshold=ALLOWED)]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """Wrong use is said before any image is touched."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="can't be made"):
        make_output(tmp_path / "file" / "out")


@pytest.mark.parametrize(
    ("block_from", "module", "call"),
    [(1_000_000, finish, "find_cells"), (1000, alone, "find_cells_in_bands")],
)
def test_tracking_goes_where_the_network_is(
    folder: Path, bright_blobs: Any, monkeypatch: pytest.MonkeyPatch, block_from: int, module: Any, call: str
) -> None:
    """What a GPU's network had seen was tracked on the CPU, images whole and slides in bands."""
    asked, there = [], getattr(module, call)
    monkeypatch.setattr(module, call, lambda *given: asked.append(given[-1]) or there(*given))
    shared = replace(Job((), Path()).tracking, block_from=block_from)
    assert run(job(folder, tracking=shared), bright_blobs, tracks_on="auto")[0] == 0
    assert asked == ["auto"] * 4
