"""A folder on workers: the files of one machine. test_local.py has the same with real processes."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.cluster import folder as cluster_folder
from app.errors import ClusterError, WeightsError
from app.system.files import Partial
from tests.cluster.inline import Inline
from tests.cluster.makers import Blobs, Wrong
from tests.cluster.runs import on_workers, small, sums
from tests.conftest import BrightBlobs
from tests.run.runs import run

pytest.importorskip(
    "distributed", reason="Dask is not installed (the extra `dask`): work is not shared among processes here"
)


@pytest.fixture(autouse=True)
def inline(monkeypatch: pytest.MonkeyPatch) -> Inline:
    """Tasks run here."""
    client = Inline()
    monkeypatch.setattr(cluster_folder, "connected", client.connected)
    return client


def test_the_files_are_those_of_one_machine(
    folder: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every image once, every byte equal; a bad one costs itself only, and what is done stays done."""
    run(small(folder), BrightBlobs())
    alone = sums(folder)
    for path in (folder / "out").iterdir():
        path.unlink()
    (folder / "in" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nrubbish")
    capsys.readouterr()
    with caplog.at_level(logging.INFO, "app"):
        status, done = on_workers(small(folder), Blobs())
    assert status == 1
    assert sums(folder) == alone
    assert [path.name for path in done.tally.failed] == ["broken.png"]
    assert "broken.png: is a damaged PNG" in caplog.text
    assert "8 cells, 150 × 130" in caplog.text  # a worker's lines are read here
    assert sorted(capsys.readouterr().out.split()) == [str(folder / "out" / name) for name in sorted(alone)]
    (folder / "out" / "image1_label.tiff").unlink()
    _, again = on_workers(small(folder), Blobs())
    assert [one.label.name for one in again.tally.written] == ["image1_label.tiff"]
    assert len(again.tally.skipped) == 3


def test_the_largest_goes_first(folder: Path, inline: Inline) -> None:
    """The longest task begun last leaves all workers but one idle."""
    (folder / "in" / "image2.tif").write_bytes((folder / "in" / "image2.tif").read_bytes() + bytes(1000))
    on_workers(small(folder), Blobs())
    assert inline.asked[0][1][1].path.name == "image2.tif"


def test_few_images_are_out_at_once(folder: Path, inline: Inline, monkeypatch: pytest.MonkeyPatch) -> None:
    """A million tasks at once would fill the scheduler's memory before the first image is done."""
    monkeypatch.setattr(cluster_folder, "PER_WORKER", 1)
    on_workers(small(folder), Blobs())
    assert inline.most == 2


def test_an_image_in_other_hands_is_waited_for(folder: Path, inline: Inline) -> None:
    """Two runs over one folder: what the other has claimed is asked for again at the end."""
    (folder / "out").mkdir()
    claim = Partial.take(folder / "out" / "image0_label.tiff")
    assert claim is not None
    before = inline.submit

    def submit(function: Any, maker: Any, order: Any, **more: Any) -> Any:
        if order.wait:
            claim.drop()
        return before(function, maker, order, **more)

    inline.submit = submit  # type: ignore[method-assign]
    status, done = on_workers(small(folder), Blobs())
    assert status == 0
    assert len(done.tally.written) == 4
    assert done.tally.written[-1].label.name == "image0_label.tiff"


def test_what_no_worker_can_do_ends_the_run(folder: Path) -> None:
    """Other weights on a worker would fail every image one by one, or worse, label them otherwise."""
    with pytest.raises(WeightsError, match="has others"):
        on_workers(small(folder), Wrong())


def test_a_lost_scheduler_says_so(
    folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Images that are done count; the line says that the same command goes on."""

    def gone(*_: Any) -> bool:
        raise ClusterError("the cluster was lost: test")

    monkeypatch.setattr(cluster_folder, "finished", gone)
    status, done = on_workers(small(folder), Blobs())
    assert status == 1
    assert not done.tally.failed
    assert "the cluster was lost" in caplog.text


def test_extras_and_the_report_are_made(folder: Path) -> None:
    """Rows of the report travel from workers."""
    status, _ = on_workers(replace(small(folder), save=("table",), report=True), Blobs())
    assert status == 0
    assert "image3" in (folder / "out" / "report.html").read_text()
