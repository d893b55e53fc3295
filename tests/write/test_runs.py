"""Run lengths that another reader decodes to another mask, or to none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from pycocotools import mask as coco

from app.write.runs import column_runs, compressed

LABELS = arrays(np.int32, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.integers(0, 4))


@settings(max_examples=150, deadline=None)
@given(LABELS)
def test_the_same_text_areas_and_boxes_as_pycocotools(labels: np.ndarray) -> None:
    """Pieces, holes, whole columns and runs over the end of a column."""
    runs = column_runs(labels)
    assert runs.ids.tolist() == [cell for cell in np.unique(labels) if cell]
    for index, text in enumerate(compressed(runs)):
        mask = np.asfortranarray(labels == runs.ids[index], np.uint8)
        theirs = coco.encode(mask)
        assert text.encode() == theirs["counts"]
        assert runs.areas[index] == coco.area(theirs)
        if not abuts_over_columns(mask):
            assert runs.boxes[index].tolist() == coco.toBbox(theirs).tolist()


def abuts_over_columns(mask: np.ndarray) -> bool:
    """Where a run goes on at the top of the next column, pycocotools takes the whole height for its box."""
    return bool((mask[-1, :-1] & mask[0, 1:]).any())


def test_a_box_is_that_of_the_pixels() -> None:
    labels = np.zeros((5, 3), np.int32)
    labels[4, 0], labels[0, 1] = 7, 7
    runs = column_runs(labels)
    assert (runs.starts.tolist(), runs.lengths.tolist()) == ([4], [2])
    assert runs.boxes.tolist() == [[0, 0, 2, 5]]


@pytest.mark.parametrize("start", [0, 31, 1 << 20, (1 << 31) + 5])
def test_counts_of_any_size(start: int) -> None:
    """A slide has more pixels than 2^31; a letter that was short of its sign bit read as a negative count."""
    from app.write.runs import count_texts

    data, ends = count_texts(np.array([2]), np.array([start, start + 100]), np.array([7, 40]), 1 << 40)
    assert ends.tolist() == [len(data)]
    counts = [start, 7, 93, 40, (1 << 40) - start - 140]
    assert decoded(data.tobytes()) == [count for count in counts if count or start == 0]


def decoded(text: bytes) -> list[int]:
    """Counts of a compressed text, after the description in pycocotools' maskApi.c."""
    counts: list[int] = []
    value = shift = 0
    for letter in text:
        value |= ((letter - 48) & 31) << shift
        shift += 5
        if (letter - 48) & 32:
            continue
        if (letter - 48) & 16:
            value -= 1 << shift
        counts.append(value + (counts[-2] if len(counts) > 2 else 0))
        value = shift = 0
    return counts
