"""A slide in parts: the labels of one machine to the bit, whatever the order, the cut, or what goes wrong."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from app.cluster import cut
from app.cluster import folder as cluster_folder
from app.cluster import slide as cluster_slide
from app.run import finish
from app.run.stop import Stopped
from app.settings import Job, Tracking
from app.write.labels import read_labels
from tests.cluster.inline import Inline
from tests.cluster.makers import Blobs
from tests.cluster.runs import on_workers, small, sums
from tests.conftest import BrightBlobs
from tests.run.runs import run

pytest.importorskip(
    "distributed", reason="Dask is not installed (the extra `dask`): work is not shared among processes here"
)


@pytest.fixture
def slide(tmp_path: Path, synthetic_field: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Job:
    """An image that counts as a slide, in bands of 100 rows and parts of one to a few bands."""
    (tmp_path / "in").mkdir()
    field = synthetic_field(640, 330, 90, seed=4)[0]
    field[250:420] = 0  # glass
    tifffile.imwrite(tmp_path / "in" / "slide.tif", field, tile=(64, 64))
    monkeypatch.setattr(finish, "band_height", lambda _: 100)
    monkeypatch.setattr(cut, "ROWS", 100)
    monkeypatch.setattr(cut, "HALO", 10)
    tracking = Tracking(block=150, block_from=1000)
    return small(tmp_path, scales="1,0.5", tracking=tracking)


def inline(monkeypatch: pytest.MonkeyPatch, **how: Any) -> Inline:
    client = Inline(**how)
    monkeypatch.setattr(cluster_folder, "connected", client.connected)
    return client


@pytest.fixture
def alone(slide: Job) -> dict[str, str]:
    """Sums of what one machine makes, which is then removed."""
    run(slide, BrightBlobs())
    made = sums(slide.output.parent)
    assert read_labels(slide.output / "slide_label.tiff").max() > 20
    (slide.output / "slide_label.tiff").unlink()
    return made


@pytest.mark.parametrize(("seed", "workers"), [(0, 1), (1, 2), (2, 7)])
def test_the_labels_are_those_of_one_machine(
    slide: Job, alone: dict[str, str], seed: int, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a peer, nuclei were split where blocks meet; here not even a record or a byte differs."""
    client = inline(monkeypatch, seed=seed, workers=workers)
    status, done = on_workers(slide, Blobs(), workers)
    assert status == 0
    assert sums(slide.output.parent) == alone  # and nothing else is left there
    parts = [arguments[3] for name, arguments in client.asked if name == "see_part"]
    assert len(parts) >= 5
    assert any(part.columns for part in parts) == (workers == 2)  # seven rows of parts: one is odd
    assert [part.scale for part in parts] == sorted(part.scale for part in parts)
    assert done.tally.written[0].progress.passes == 3


def test_times_of_parts_are_told(
    slide: Job, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """In the report, a line each, and in the log; a bar on a terminal is told how far they are."""
    client = inline(monkeypatch)
    told: list[tuple[int, int]] = []
    monkeypatch.setattr("app.run.console.Bars.parts_done", lambda _, done, total: told.append((done, total)))
    with caplog.at_level(logging.INFO, "app"):
        _, done = on_workers(replace(slide, report=True), Blobs())
    row = done.tally.written[0].row
    assert row is not None
    asked = [arguments[3] for name, arguments in client.asked if name == "see_part"]
    tops = sorted((part.scale, part.bands.start * part.height) for part in asked)
    assert sorted((part.scale, part.rows[0]) for part in row.parts if not part.tracked) == tops
    blocks = [arguments[3] for name, arguments in client.asked if name == "track_piece"]
    assert sum(part.tracked for part in row.parts) == len(blocks) == 3 * 5 + 2 * 3  # of 150 px at 1 and 0.5
    assert all(part.seconds > 0 and "process" in part.worker and not part.kept for part in row.parts)
    page = (slide.output / "report.html").read_text()
    assert "Parts of slides" in page
    assert f"{len(tops)} parts, " in caplog.text
    assert f"{len(blocks)} blocks, " in caplog.text
    assert " s here" in caplog.text
    assert told == sorted(told, key=lambda one: (one[1] > 0, one[0]))
    assert told[-1][1] == len(tops) + len(blocks)


def stop_when(client: Inline, reached: Callable[[], bool]) -> None:
    """A signal comes once `reached`, while tasks are being done."""
    before = client.work

    def work() -> None:
        if reached():
            raise Stopped(15)
        before()

    client.work = work  # type: ignore[method-assign]


def test_a_part_that_raises_once_is_done_again(
    slide: Job, alone: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that hiccups must not cost a slide."""
    inline(monkeypatch)
    status, _ = on_workers(slide, Blobs(tmp_path))
    assert (tmp_path / "fault0").exists()
    assert status == 0
    assert sums(tmp_path) == alone


def test_a_part_that_keeps_failing_fails_the_slide(
    slide: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a peer, a block's exception became an empty block; nobody saw that its cells were missing."""
    inline(monkeypatch)
    status, done = on_workers(slide, Blobs(tmp_path, times=100))
    assert status == 1
    (message,) = done.tally.failed.values()
    assert "slide.tif: part at rows" in message
    assert "columns 0 to 330" in message
    assert "failed on every try: RuntimeError: a fault; mend" in message
    assert not list(slide.output.glob("*.tiff"))


def test_a_run_that_was_stopped_goes_on(
    slide: Job,
    alone: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Finished parts are read, not done again; one that was damaged meanwhile is."""
    client = inline(monkeypatch)
    stop_when(client, lambda: len(list(slide.output.glob(".slide.parts/*.band"))) > 6)
    status, _ = on_workers(slide, Blobs())
    assert status == 128 + 15
    kept = sorted(slide.output.glob(".slide.parts/*.band"))
    data = bytearray(kept[2].read_bytes())
    data[len(data) // 2] ^= 1
    kept[2].write_bytes(data)
    again = inline(monkeypatch, seed=3)
    made: list[str] = []
    put = cluster_slide.Folder.put
    monkeypatch.setattr(
        cluster_slide.Folder,
        "put",
        lambda self, part, number, band: (
            made.append(self.band(part, number).name),
            put(self, part, number, band),
        ),
    )
    with caplog.at_level(logging.INFO, "app"):
        assert on_workers(slide, Blobs())[0] == 0
    assert "plan_slide" not in [name for name, _ in again.asked]
    assert kept[2].name in made
    assert not {kept[0].name, kept[-1].name} & set(made)
    assert "goes on from the parts" in caplog.text
    assert sums(tmp_path) == alone


def test_other_settings_begin_anew(slide: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of another plan would be mixed into the result."""
    folder = slide.output / ".slide.parts"
    client = inline(monkeypatch)
    stop_when(client, folder.exists)
    assert on_workers(slide, Blobs())[0] == 143
    assert (folder / "plan.json").exists()
    client = inline(monkeypatch)
    assert on_workers(replace(slide, budget="1000"), Blobs())[0] == 0
    assert client.asked[0][0] == "plan_slide"


def test_a_damaged_band_is_done_again(
    slide: Job,
    alone: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A checksum that is written and never looked at would be none."""
    inline(monkeypatch)
    get = cluster_slide.Folder.get
    spoiled: list[Path] = []

    def damaging(self: Any, part: Any, number: int, wanted: Any = None) -> Any:
        if wanted is not None and not spoiled:
            spoiled.append(self.band(part, number))
            spoiled[0].write_bytes(spoiled[0].read_bytes()[:-5])
        return get(self, part, number, wanted)

    monkeypatch.setattr(cluster_slide.Folder, "get", damaging)
    with caplog.at_level(logging.INFO, "app"):
        assert on_workers(slide, Blobs())[0] == 0
    assert f"{spoiled[0]} is damaged on the disk and done again" in caplog.text
    assert sums(tmp_path) == alone


def test_a_damaged_block_is_done_again(
    slide: Job,
    alone: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its cells would be missing, or worse, others."""
    client = inline(monkeypatch)
    put = cluster_slide.Folder.put_cells
    spoiled: list[Path] = []

    def damaging(self: Any, scale: float, block: Any, cells: Any) -> None:
        put(self, scale, block, cells)
        if not spoiled:
            spoiled.append(self.cells(scale, block))
            spoiled[0].write_bytes(spoiled[0].read_bytes()[:-5])

    monkeypatch.setattr(cluster_slide.Folder, "put_cells", damaging)
    with caplog.at_level(logging.INFO, "app"):
        assert on_workers(slide, Blobs())[0] == 0
    assert "slide.tif: block at rows" in caplog.text
    assert "is damaged on the disk and done again" in caplog.text
    assert [name for name, _ in client.asked].count("track_piece") == 22  # one of 21 twice
    assert sums(tmp_path) == alone


def test_a_block_that_keeps_failing_fails_the_slide(slide: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a part does: no label file without its cells."""
    inline(monkeypatch)

    def full(self: Any, scale: float, block: Any, cells: Any) -> None:
        if scale == 1 and block.y0 == 150:
            raise OSError("no space left")

        put(self, scale, block, cells)

    put = cluster_slide.Folder.put_cells
    monkeypatch.setattr(cluster_slide.Folder, "put_cells", full)
    status, done = on_workers(slide, Blobs())
    assert status == 1
    (message,) = done.tally.failed.values()
    assert "slide.tif: block at rows 150 to 300, columns 0 to 150, tracked at scale 1, failed" in message
    assert "OSError: no space left" in message
    assert not list(slide.output.glob("*.tiff"))


def test_blocks_that_are_there_are_not_tracked_again(
    slide: Job, alone: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a lost scheduler the same command goes on from them, too."""
    client = inline(monkeypatch)
    stop_when(client, lambda: len(list(slide.output.glob(".slide.parts/*.cells"))) > 6)
    assert on_workers(slide, Blobs())[0] == 128 + 15
    kept = {path.name for path in slide.output.glob(".slide.parts/*.cells")}
    inline(monkeypatch, seed=3)
    put = cluster_slide.Folder.put_cells
    made: set[str] = set()

    def watched(self: Any, scale: float, block: Any, cells: Any) -> None:
        made.add(self.cells(scale, block).name)
        put(self, scale, block, cells)

    monkeypatch.setattr(cluster_slide.Folder, "put_cells", watched)
    assert on_workers(slide, Blobs())[0] == 0
    assert len(kept) == 7
    assert len(made) == 14
    assert not kept & made
    assert sums(tmp_path) == alone


def test_extras_are_those_of_one_machine(slide: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table needs what was seen, which only workers saw; flows need every float of it."""
    asked = replace(slide, save=("table", "flows"))
    run(asked, BrightBlobs())
    made = sums(tmp_path)
    for path in asked.output.iterdir():
        path.unlink()
    inline(monkeypatch)
    assert on_workers(asked, Blobs())[0] == 0
    assert sums(tmp_path) == made


def test_few_tasks_are_out_at_once(slide: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slide of 100,000 rows has thousands of blocks; a scheduler that has them all is slow."""
    client = inline(monkeypatch)
    monkeypatch.setattr("app.cluster.queue.PER_WORKER", 2)
    assert on_workers(slide, Blobs())[0] == 0
    assert client.most <= 2 * 2


def test_slides_side_by_side_stay_whole(slide: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred slides on two workers need no parts: nothing waits for the process that deals out."""
    image = tifffile.imread(slide.inputs[0] / "slide.tif")
    for name in "abc":
        tifffile.imwrite(slide.inputs[0] / f"{name}.tif", np.ascontiguousarray(image), tile=(64, 64))
    client = inline(monkeypatch)
    assert on_workers(slide, Blobs())[0] == 0
    assert {name for name, _ in client.asked} == {"do_image"}
