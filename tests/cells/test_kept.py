"""Kernels are kept where they can be, read where they can only be read, and work where neither holds."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from numba import njit
from numba.core import config

from app.cells.kept import kept


def twice(x):  # type: ignore[no-untyped-def]
    """A kernel."""
    return 2 * x


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where kernels are kept in this test."""
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Call it, and no folder can be written any more; permissions would not stop root."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    def switch() -> None:
        monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
        monkeypatch.setattr("os.replace", refuse)

    return switch


def compiled_and_found() -> tuple[int, int]:
    """Calls the kernel as a new process would: how often it was compiled, how often found."""
    kernel = kept(njit)(twice)
    assert kernel(21) == 42
    return kernel.stats.cache_misses.total(), kernel.stats.cache_hits.total()


def test_a_kernel_is_compiled_once(folder: Path) -> None:
    assert compiled_and_found() == (1, 0)
    assert list(folder.rglob("*.nbi"))
    assert compiled_and_found() == (0, 1)


def test_a_read_only_folder_is_read(folder: Path, read_only: Any) -> None:
    """Numba alone raises here: a container with a read-only root would fail every image."""
    compiled_and_found()
    before = set(folder.rglob("*"))
    read_only()
    assert compiled_and_found() == (0, 1)
    assert set(folder.rglob("*")) == before


def test_a_kernel_that_a_read_only_folder_lacks_is_compiled(folder: Path, read_only: Any) -> None:
    read_only()
    assert compiled_and_found() == (1, 0)
    assert not [path for path in folder.rglob("*") if path.is_file()]


def test_a_folder_that_cannot_exist_costs_only_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "CACHE_DIR", "/dev/null/kernels")
    assert compiled_and_found() == (1, 0)


def test_no_folder_at_all_costs_only_time(monkeypatch: pytest.MonkeyPatch, read_only: Any) -> None:
    """Without $NUMBA_CACHE_DIR, a home or a package that can be written, numba gives up."""
    monkeypatch.setattr(config, "CACHE_DIR", "")
    read_only()
    kernel = kept(njit)(twice)
    assert kernel(21) == 42
