"""A slide's files are those of the same image held whole, byte for byte, wherever bands cut its cells."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from imagecodecs import png_decode
from numpy.typing import NDArray
from tifffile import TiffFile
from tifffile import imread as read_tiff

from app.run.rows import make_row
from app.write import WRITERS, Result, appearance, overlay, rows
from app.write.groups import groups
from app.write.overlay import for_browser
from app.write.rows import OnDisk

HEIGHT, WIDTH = 1100, 150  # px; more rows than a chunk of OME-Zarr has
BAND = 16  # rows


@pytest.fixture(scope="module")
def whole(synthetic_field) -> Result:
    """A field with a cell as tall as it, one with a hole, and one in two pieces far apart."""
    image, labels = synthetic_field(HEIGHT, WIDTH, 160, 0)
    labels[:, 70:74] = 9_000
    labels[100:140, 20:50], labels[110:130, 30:40] = 9_001, 0
    labels[300:310, 100:120] = labels[900:910, 5:9] = 9_002
    rng = np.random.default_rng(0)
    labels = in_raster_order(labels)
    return Result(
        "field",
        image,
        rng.integers(0, 4096, (HEIGHT, WIDTH, 2)).astype(np.uint16),
        labels,
        None,
        rng.random((HEIGHT, WIDTH)).astype(np.float32),
        (0.5, 0.25),
        scores=rng.random(labels.max()).astype(np.float32),
    )


def in_raster_order(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Ids as tracking gives them, 1..N by first pixels."""
    ids, firsts = np.unique(labels, return_index=True)
    new = np.zeros(labels.max() + 1, np.int32)
    cells = ids[ids > 0][np.argsort(firsts[ids > 0])]
    new[cells] = np.arange(1, len(cells) + 1)
    return new[labels]


def on_disk(result: Result) -> Result:
    """The same, each array behind a function that gives rows."""
    names = ("image", "raw", "labels", "probability")
    arrays = {name: getattr(result, name) for name in names}
    return replace(
        result, **{name: OnDisk(a.shape, lambda y0, y1, a=a: a[y0:y1].copy()) for name, a in arrays.items()}
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


WAYS = [(name, False) for name in WRITERS if name != "flows"] + [("overlay", True)]


@pytest.mark.parametrize(("name", "slide"), WAYS)
def test_bands_write_the_bytes_of_the_whole(
    whole: Result, name: str, slide: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sums in another order, a contour cut at a band, a cell that was closed too early."""
    monkeypatch.setattr(overlay, "SMALL", 200)
    monkeypatch.setattr(overlay, "SLIDE_SMALL", 300)
    monkeypatch.setattr(overlay, "SLIDE", 1 if slide else 1 << 40)
    monkeypatch.setattr(appearance, "SAMPLE", 20_000)  # every third row: bands begin between them
    for folder in ("whole", "bands"):
        (tmp_path / folder).mkdir()
    # gray where the picture is made of stored values, two channels where it is made of the network's view
    result = replace(whole, raw=whole.raw[..., :1]) if slide else whole
    WRITERS[name](replace(result), tmp_path / "whole")
    monkeypatch.setattr(rows, "BAND_PIXELS", BAND * WIDTH)
    WRITERS[name](on_disk(result), tmp_path / "bands")
    first, second = contents(tmp_path / "whole"), contents(tmp_path / "bands")
    assert sorted(first) == sorted(second)
    assert [path for path in first if first[path] != second[path]] == []


def test_the_reports_row_too(whole: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    row = make_row(replace(whole), 1.0, None, "", ())
    monkeypatch.setattr(rows, "BAND_PIXELS", BAND * WIDTH)
    banded = make_row(on_disk(whole), 1.0, None, "", ())
    assert row.thumbnail == banded.thumbnail
    assert row.diameters.tolist() == banded.diameters.tolist()


def test_groups_hold_each_cell_once_and_whole(whole: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "BAND_PIXELS", BAND * WIDTH)
    again = np.zeros((HEIGHT, WIDTH), np.int32)
    seen = list(groups(on_disk(whole)))
    for group in seen:
        part = again[group.top : group.top + len(group.labels)]
        np.add(part, group.labels + group.before, out=part, where=group.labels > 0)
    np.testing.assert_array_equal(again, whole.labels)
    assert len(seen) > HEIGHT / BAND / 2
    assert np.median([group.labels.nbytes for group in seen]) < whole.labels.nbytes / 8, "not all rows"


def test_a_slides_overlay_is_a_pyramid_drawn_for_each_size(
    whole: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser opens no PNG of a slide; contours that are right in full size vanish where it is reduced."""
    monkeypatch.setattr(overlay, "SLIDE", 1)
    monkeypatch.setattr(overlay, "SMALL", 200)
    path = WRITERS["overlay"](whole, tmp_path)
    assert path.name == "field_overlay.ome.tif"
    assert for_browser(path).name == "field_overlay_small.png"
    assert png_decode(for_browser(path).read_bytes()).shape == (1100, 150, 3)
    with TiffFile(path) as file:
        (series,) = file.series
        assert [level.shape for level in series.levels] == [(1100, 150, 3), (550, 75, 3), (275, 38, 3)]
        assert series.levels[0].pages[0].is_tiled
    for level, side in enumerate((150, 75)):
        drawn = read_tiff(path, level=level).astype(int)
        assert (np.ptp(drawn, axis=2) > 60).mean() > 0.05, f"coloured lines at {side} px"
