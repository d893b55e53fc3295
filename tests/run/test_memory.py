"""Slides that would fit are refused, or ones that would not are begun."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import MemoryLimitError
from app.read import ImageInfo
from app.run.memory import plan_memory
from app.settings import Job

SLIDE = ImageInfo(Path("a.tif"), 60_000, 20_000, "YXS", 3, "uint8", "jpeg", None, 1, True, ())


def test_extras_of_a_slide_need_no_memory_of_its_height() -> None:
    """With `--save table` a slide of this size was planned with 40 GB, and refused."""
    job = Job((), Path())
    plain = plan_memory(job, SLIDE, 8e9)
    assert plain.banded
    extras = replace(job, save=("table", "geojson", "overlay", "ome"), report=True)
    assert plan_memory(extras, SLIDE, 8e9) == plain
    assert plan_memory(extras, replace(SLIDE, height=120_000), 8e9) == plain


def test_flows_of_a_slide_are_held() -> None:
    with pytest.raises(MemoryLimitError, match=r"would need about 3\d"):
        plan_memory(Job((), Path(), save=("flows",)), SLIDE, 8e9)
