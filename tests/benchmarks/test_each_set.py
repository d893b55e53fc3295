"""All but one is all but one, and the seven sets are there to be left out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.each_set import SETS, f1_of_sets, few_of_each, of
from benchmarks.leave_out import without
from training.settings import Phase

SHARES = Phase.load(Path(__file__).parents[2] / "training" / "phases" / "any1.toml").sets


@dataclass(frozen=True)
class Named:
    """What stands for an image, or a sample of one."""

    set: str
    number: int = 0

    @property
    def pair(self) -> Named:
        return self


@pytest.mark.parametrize("name", SETS)
def test_a_set_left_out_is_one_that_is_trained_on(name: str) -> None:
    """A name misspelt would leave out nothing, and its effect would be called none."""
    left = without(SHARES, [name])
    assert set(SHARES) - set(left) == {name}
    samples = [Named(each) for each in sorted({share.split("/")[0] for share in SHARES})]
    assert {sample.set for sample in samples} - {sample.set for sample in of(samples, left)} == {name}


def test_a_large_set_gives_no_more_than_a_small_one() -> None:
    """Judged by all images of val, dsb2018 alone would be what the mean tells of."""
    pairs = [Named("large", number) for number in range(50)] + [Named("small", number) for number in range(3)]
    chosen = few_of_each(pairs, 8)
    assert [pair.set for pair in chosen].count("large") == 8
    assert [pair.set for pair in chosen].count("small") == 3


def test_the_mean_is_over_images_of_a_set_by_all_scales(tmp_path: Path) -> None:
    """Rows of scale 1 alone lie in the same table."""
    table = tmp_path / "f1.csv"
    table.write_text(
        "set,id,variant,f1\n"
        "tnbc,a,model 1,0.5\ntnbc,a,scale 1,0.1\ntnbc,b,model 1,0.7\n"
        "vicar,c,model 1,0.2\nvicar,c,scale 1,0.9\n"
    )
    assert f1_of_sets(table) == pytest.approx({"tnbc": 0.6, "vicar": 0.2})
