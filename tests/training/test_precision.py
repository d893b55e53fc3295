"""What is trained in is what the processor computes in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from training.precision import fastest, has_bfloat16


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    has_bfloat16.cache_clear()
    yield
    has_bfloat16.cache_clear()


@pytest.mark.parametrize(
    ("has", "want"),
    [
        ({"avx2": True, "avx512_bf16": False}, torch.float32),
        ({"avx512_f": True}, torch.float32),
        ({"avx512_bf16": True}, torch.bfloat16),
        ({"amx_bf16": True}, torch.bfloat16),
    ],
)
def test_bfloat16_only_where_the_cpu_has_it(
    has: dict[str, bool], want: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the CPU lacks it, a step of `tune` would take many times as long."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: has)
    with fastest():
        assert (torch.ones(4, 4) @ torch.ones(4, 4)).dtype == want


def test_a_gpu_has_it() -> None:
    """The CPU's instructions say nothing of the GPU beside it."""
    assert has_bfloat16("cuda:0")
