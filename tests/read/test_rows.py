"""Rows on demand: the same pixels as the whole image, with little decoded and little held."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import ReadError
from app.read import open_image
from app.read.limits import Limits

BANDED = Limits(banded_from=0, cache=1)  # also the smallest TIFF in rows, with almost no cache

rng = np.random.default_rng(2)
GRAY = rng.gamma(2, 400, (150, 210)).clip(0, 65535).astype(np.uint16)
LAYOUTS = {
    "one piece": {},
    "strips": {"rowsperstrip": 7, "compression": "zlib"},
    "tiles": {"tile": (32, 48), "compression": "zlib", "predictor": True},
    "plain tiles": {"tile": (16, 16)},
}


@pytest.fixture(
    scope="module", params=[(layout, kind) for layout in LAYOUTS for kind in ("u2", "f4", "rgb", "channels")]
)
def file(request, tmp_path_factory):
    """One file of every layout and type."""
    layout, kind = request.param
    path = tmp_path_factory.mktemp("rows") / "a.tif"
    if kind == "rgb":
        pixels, options = np.stack([GRAY, GRAY // 2, GRAY // 3], -1), {"photometric": "rgb"}
    elif kind == "channels":
        pixels, options = (
            np.stack([GRAY, GRAY[::-1]]),
            {"metadata": {"axes": "CYX"}, "photometric": "minisblack"},
        )
    else:
        pixels, options = GRAY.astype(kind), {}
    tifffile.imwrite(path, pixels, **options, **LAYOUTS[layout])
    return path


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 149), st.integers(1, 150)), min_size=1, max_size=5))
def test_rows_in_any_order_equal_the_whole(file, ranges):
    """Windows ask for overlapping rows; the scale must be that of the whole image."""
    with open_image(file) as whole, open_image(file, limits=BANDED) as rows:
        assert not whole.info.banded
        assert rows.info.banded
        steps, raw = whole.rows(0, 150), whole.raw_rows(0, 150)
        for start, length in ranges:
            stop = min(start + length, 150)
            np.testing.assert_array_equal(rows.rows(start, stop), steps[start:stop])
            np.testing.assert_array_equal(rows.raw_rows(start, stop), raw[start:stop])


def test_only_the_tiles_needed_are_decoded(tmp_path, monkeypatch):
    """A window at the top of a slide must not cost the slide."""
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, GRAY, tile=(16, 16), compression="zlib")
    seen = []
    with open_image(path, limits=Limits(banded_from=0)) as source:
        page = source.stored.plane.pages[0]
        decode = type(page).decode
        monkeypatch.setattr(
            type(page), "decode", lambda self, fd, index: seen.append(index) or decode(self, fd, index)
        )
        source.raw_rows(20, 30)
        assert sorted(seen) == list(range(14, 28))
        source.raw_rows(16, 40)
        assert sorted(seen) == list(range(14, 42))


def test_cache_stays_within_its_budget(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, GRAY, tile=(16, 16), compression="zlib")
    with open_image(path, limits=BANDED) as source:
        for y in range(0, 150, 10):
            source.rows(y, y + 10)
            segments = source.stored.segments
            assert segments.held == sum(v.nbytes for v in segments.cache.values())
            assert segments.held <= 3 * 16 * 210 * 2


def test_rows_outside_are_refused(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, GRAY)
    with open_image(path) as source:
        for y0, y1 in ((-1, 3), (5, 5), (140, 151)):
            with pytest.raises(ValueError, match="do not lie in"):
                source.rows(y0, y1)


def test_sparse_tiles_are_empty_and_told(tmp_path):
    """Slide scanners leave out tiles of glass."""
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.pad(np.ones((16, 16), np.uint8), ((0, 16), (0, 16))), tile=(16, 16))
    with tifffile.TiffFile(path, mode="r+b") as tiff:
        tag = tiff.pages.first.tags["TileByteCounts"]
        tag.overwrite([256, 0, 0, 0])
    with open_image(path) as source:
        assert source.raw_rows(0, 32).sum() == 256
        assert "3 of its tiles are left out" in source.info.notes[0]


@pytest.mark.parametrize("change", ["truncate", "append", "touch"])
def test_file_that_changes_while_it_is_read_is_one_error(tmp_path, change):
    """A file that a microscope still writes must not become half an image, nor a bus error."""
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, GRAY)
    with open_image(path, limits=BANDED) as source:
        source.raw_rows(0, 10)
        if change == "truncate":
            os.truncate(path, 1000)
        elif change == "append":
            path.write_bytes(path.read_bytes() + b"more")
        else:
            os.utime(path, ns=(1, 1))
        with pytest.raises(ReadError, match=r"a\.tif: changed while it was being read; run again"):
            source.rows(100, 120)


def test_file_that_vanishes_while_it_is_read_is_still_read(tmp_path):
    """An open file lives on until it is closed."""
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, GRAY)
    with open_image(path, limits=BANDED) as source:
        path.unlink()
        np.testing.assert_array_equal(source.raw_rows(0, 150)[..., 0], GRAY)


def test_nothing_stays_open(tmp_path):
    """500 images in one run must not use up the file descriptors."""
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, GRAY, tile=(16, 16), compression="zlib")
    (tmp_path / "bad.tif").write_bytes(path.read_bytes()[:-500])
    before = len(list(Path("/proc/self/fd").iterdir()))
    for limits in (Limits(), BANDED):
        source = open_image(path, limits=limits)
        source.rows(0, 20)
        source.close()
        source.close()
        with pytest.raises(ReadError):
            open_image(tmp_path / "bad.tif", limits=limits)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_no_more_decoders_than_the_container_may_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """With `--cpus 2` on a large host every core of it got a thread, and a tile to hold."""
    from app.read import segments

    monkeypatch.setattr(segments, "cpu_limit", lambda: 2)
    started = segments.Segments(0, 0)
    assert started.workers._max_workers == 2
    started.close()
