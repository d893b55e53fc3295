"""Limits of a container are taken from its control group; the host's would start too many threads."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.system import machine


def group(folder: Path, files: dict[str, str]) -> Path:
    """A control group's files below `folder`."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content + "\n")
    return folder


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({"cpu.max": "150000 100000"}, 1.5),
        ({"cpu.max": "max 100000"}, None),
        ({"cpu/cpu.cfs_quota_us": "200000", "cpu/cpu.cfs_period_us": "100000"}, 2.0),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
        ({}, None),
    ],
)
def test_cpu_quota_of_both_versions(tmp_path: Path, files: dict[str, str], quota: float | None) -> None:
    assert machine.cpu_quota(group(tmp_path, files)) == quota


def test_half_a_cpu_is_one_thread(tmp_path: Path) -> None:
    """A quota below one CPU must not become zero threads."""
    assert machine.cpu_limit(group(tmp_path, {"cpu.max": "50000 100000"})) == 1


def test_quota_above_the_affinity_does_not_count(tmp_path: Path) -> None:
    limit = machine.cpu_limit(group(tmp_path, {"cpu.max": "6400000 100000"}))
    assert limit == len(os.sched_getaffinity(0))


@pytest.mark.parametrize("name", ["memory.max", "memory/memory.limit_in_bytes"])
def test_memory_limit_of_both_versions(tmp_path: Path, name: str) -> None:
    proc = group(tmp_path / "proc", {"meminfo": "MemTotal: 1000 kB\nMemAvailable: 800 kB"})
    assert machine.memory_limit(group(tmp_path / "a", {name: "512000"}), proc) == 512_000
    assert machine.memory_limit(group(tmp_path / "b", {name: "9223372036854771712"}), proc) == 1_024_000
    assert machine.memory_limit(group(tmp_path / "c", {name: "max"}), proc) == 1_024_000


def test_available_memory_counts_the_cache_as_free(tmp_path: Path) -> None:
    """A container that has read large files looks full, while the kernel would give the cache back."""
    proc = group(tmp_path / "proc", {"meminfo": "MemTotal: 1000 kB\nMemAvailable: 800 kB"})
    files = {"memory.max": "600000", "memory.current": "500000", "memory.stat": "inactive_file 300000"}
    assert machine.memory_available(group(tmp_path, files), proc) == 400_000


def test_real_limits_are_positive() -> None:
    assert machine.cpu_limit() >= 1
    assert machine.memory_limit() >= machine.memory_available() > 0


def test_age_counts_from_the_start_of_the_process() -> None:
    """The clock of the first image starts with the process, not with the first line of Python."""
    code = "import time; time.sleep(0.5); from app.system.machine import process_age; print(process_age())"
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 0.5 <= float(done.stdout) <= time.monotonic() - began + 0.02  # the kernel counts in 10 ms
