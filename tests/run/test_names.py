"""Names of results: none may overwrite another's."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import UsageError
from app.run.names import output_stems, shard


def stems(*names: str) -> list[str]:
    return list(output_stems([Path(name) for name in names]).values())


def test_stem_ends_at_the_first_dot() -> None:
    """The organisers' scorer looks for this name."""
    assert stems("cell_00001.ome.tif", "x.png") == ["cell_00001", "x"]


def test_shared_stems_get_longer() -> None:
    """`a.1.png` and `a.2.png` once overwrote each other's label."""
    assert stems("a.1.png", "a.2.png", "b.png") == ["a.1", "a.2", "b"]
    assert stems("a.png", "a.tif", "b.png") == ["a.png", "a.tif", "b"]


def test_twins_are_refused_before_anything_is_done() -> None:
    """Two files of one name in two folders can't both be written."""
    with pytest.raises(UsageError, match="different folders"):
        stems("one/a.png", "two/a.png")


@given(st.sets(st.text("ab.", min_size=1, max_size=6), min_size=1, max_size=8))
def test_no_two_images_share_a_result(names: set[str]) -> None:
    """Whatever the names, every image has a result of its own."""
    try:
        found = stems(*sorted(names))
    except UsageError:
        return
    assert len(set(found)) == len(names)


@given(count=st.integers(0, 30), parts=st.integers(1, 7))
def test_shards_cover_every_image_once(count: int, parts: int) -> None:
    """An image in no shard is lost, one in two is done twice."""
    images = [Path(str(i)) for i in range(count)]
    taken = [path for k in range(1, parts + 1) for path in shard(images, (k, parts))]
    assert sorted(taken) == sorted(images)


def test_shard_outside_its_range() -> None:
    """`--shard 0/4` would silently skip images."""
    with pytest.raises(UsageError, match="1 to N"):
        shard([], (0, 4))
