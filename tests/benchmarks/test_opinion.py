"""Which line of the table an image counts in, and what it says."""

from __future__ import annotations

from pathlib import Path

from benchmarks.opinion import kind, row
from training.data import Pair


def test_synthetic_images_count_by_their_look() -> None:
    """One line of all looks together would hide that nuclei lose what cytoplasm gains."""
    ids = {"00007_few_two_stains": "two_stains", "00003_blobs_nuclei": "nuclei", "a1": "bank"}
    assert {id_: kind(Pair("bank", id_, Path(), Path())) for id_ in ids} == ids


def test_a_line_is_the_mean_of_what_went_over() -> None:
    assert row("nuclei", 9, [(0.5, 1.0), (0.7, 0.8)]) == "| nuclei | 9 | 2 | 0.600 | 0.900 |"
    assert row("nuclei", 9, []) == "| nuclei | 9 | 0 |  |  |"
