"""Slides that OpenSlide reads, and the one line where it is not installed."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from imagecodecs import jpeg8_encode
from numpy.typing import NDArray
from tifffile import imwrite

from app.errors import ReadError
from app.read import find_images, open_image
from app.read.limits import Limits

PIXELS = np.random.default_rng(0).integers(0, 255, (300, 410, 3)).astype(np.uint8)


def mirax(folder: Path) -> Path:
    """A .mrxs as it comes alone, without the folder that holds its pixels: a JPEG of the label."""
    (folder / "a.mrxs").write_bytes(jpeg8_encode(PIXELS))
    return folder / "a.mrxs"


def dicom(folder: Path) -> Path:
    (folder / "a.dcm").write_bytes(bytes(128) + b"DICM" + bytes(50))
    return folder / "a.dcm"


@pytest.mark.parametrize(("made", "kind"), [(mirax, "MIRAX"), (dicom, "DICOM")])
def test_without_openslide_one_line_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: object, kind: str
) -> None:
    """A slide's thumbnail was once taken for the slide."""
    monkeypatch.setitem(sys.modules, "openslide", None)
    path = made(tmp_path)  # type: ignore[operator]
    with pytest.raises(ReadError, match=f"is a {kind} slide, which needs OpenSlide; pip install"):
        open_image(path)


@pytest.mark.parametrize(("made", "kind"), [(mirax, "MIRAX"), (dicom, "DICOM")])
def test_what_openslide_refuses_is_one_line(tmp_path: Path, made: object, kind: str) -> None:
    pytest.importorskip("openslide", reason="OpenSlide is not installed (the extra `slides`)")
    with pytest.raises(ReadError, match=f"is no {kind} slide that OpenSlide reads: "):
        open_image(made(tmp_path))  # type: ignore[operator]


def test_a_mirax_is_found_and_dicom_is_not(tmp_path: Path) -> None:
    """Each level of a DICOM slide is a file, and all of them give the same slide."""
    dicom(tmp_path)
    assert find_images([tmp_path, mirax(tmp_path)]) == [tmp_path / "a.mrxs"]


@pytest.mark.parametrize("limits", [Limits(), Limits(banded_from=1)], ids=["whole", "banded"])
def test_rows_are_those_of_the_file(tmp_path: Path, limits: Limits) -> None:
    """By way of a tiled TIFF, which OpenSlide reads too."""
    pytest.importorskip("openslide", reason="OpenSlide is not installed (the extra `slides`)")
    from app.read.slide import open_slide

    imwrite(tmp_path / "a.tif", PIXELS, tile=(128, 128), resolution=(2e4, 4e4), resolutionunit="CENTIMETER")
    stored = open_slide(tmp_path / "a.tif", "generic", limits)
    assert stored.facts.banded == (limits.banded_from == 1)
    assert stored.facts.pixel_size_um == pytest.approx((0.25, 0.5))
    assert same(stored.rows(0, 300), PIXELS)
    assert same(stored.rows(100, 131), PIXELS[100:131])
    stored.close()


def same(rows: NDArray[np.generic], pixels: NDArray[np.uint8]) -> bool:
    return rows.dtype == np.uint8 and np.array_equal(rows, pixels)
