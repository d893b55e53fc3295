"""The fast Mish is Mish."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from training.mish import MishFunction, compiled, mish, mish_gradient


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_values_and_gradients_are_those_of_pytorch(dtype: torch.dtype) -> None:
    """A wrong slope trains all the same, only worse."""
    x = torch.linspace(-60, 60, 4 * 16 * 8 * 8).reshape(4, 16, 8, 8).to(dtype)
    gradient = torch.randn(x.shape, generator=torch.Generator().manual_seed(0)).to(dtype)
    theirs = x.float().clone().requires_grad_()
    want = F.mish(theirs)
    want.backward(gradient.float())
    ours = x.clone().requires_grad_()
    got = MishFunction.apply(ours)
    got.backward(gradient)
    close = {"atol": 1e-5, "rtol": 1e-5} if dtype == torch.float32 else {"atol": 0.02, "rtol": 0.01}
    torch.testing.assert_close(got.float(), want.detach(), **close)
    torch.testing.assert_close(ours.grad.float(), theirs.grad, **close)


def test_uncompiled_it_is_the_same() -> None:
    """A laptop without a compiler must not train another network."""
    x = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(MishFunction.apply(x), mish(x))
    theirs = x.clone().requires_grad_()
    F.mish(theirs).sum().backward()
    torch.testing.assert_close(mish_gradient(torch.ones_like(x), x), theirs.grad)


def test_where_a_part_of_the_compiler_is_missing_it_runs_uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The image that tunes has no networkx, and every run in it ended in a traceback."""

    def torn(*_: object, **__: object) -> None:
        raise ModuleNotFoundError("No module named 'networkx'")

    monkeypatch.setattr(torch, "compile", torn)
    assert compiled.__wrapped__() == (mish, mish_gradient)
