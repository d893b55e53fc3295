"""Compiled kernels on disk, also where the disk can't be written.

Numba's own cache raises where it finds no folder that it can write: in a
container with a read-only root, or as a user without a home. Here a folder
that can only be read is read, and where there is none at all the kernels are
compiled once per process.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from numba.core.caching import CompileResultCacheImpl, FunctionCache, UserProvidedCacheLocator
from numba.core.dispatcher import Dispatcher


class KeptFolder(UserProvidedCacheLocator):
    """$NUMBA_CACHE_DIR, whether it can be written or not."""

    def ensure_cache_path(self) -> None:
        """Numba asks here for a folder that can be written; one that can be read will do."""
        with contextlib.suppress(OSError):
            super().ensure_cache_path()


class KeptKernel(CompileResultCacheImpl):
    """Looks in $NUMBA_CACHE_DIR first, then wherever numba does."""

    _locator_classes = [KeptFolder, *CompileResultCacheImpl._locator_classes[1:]]  # noqa: RUF012


class KernelCache(FunctionCache):
    """Numba's cache of one function."""

    _impl_class = KeptKernel

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The kernel of this signature; None where it has to be compiled."""
        with contextlib.suppress(OSError):
            return super().load_overload(sig, target_context)

    def save_overload(self, sig: Any, data: Any) -> None:
        """A kernel that can't be kept is used all the same."""
        with contextlib.suppress(OSError):
            super().save_overload(sig, data)


def kept(compiled: Callable[..., Dispatcher]) -> Callable[[Callable[..., Any]], Dispatcher]:
    """The decorator `compiled` with its kernels kept on disk; stands for numba's `cache=True`."""

    def decorate(function: Callable[..., Any]) -> Dispatcher:
        dispatcher = compiled(function)
        with contextlib.suppress(RuntimeError):  # there is no folder at all
            dispatcher._cache = KernelCache(function)  # type: ignore[attr-defined]
        return dispatcher

    return decorate
