"""What this process may use of the machine, as its container was told, not what the host has."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
PROC = Path("/proc")
UNLIMITED = 1 << 60  # bytes; version 1 writes "no limit" as a number close to 2**63


def cpu_limit(cgroup: Path = CGROUP) -> int:
    """Threads worth starting: the smaller of the affinity mask and the CPU quota, at least 1."""
    allowed = len(os.sched_getaffinity(0))
    quota = cpu_quota(cgroup)
    return max(1, min(allowed, math.ceil(quota))) if quota else allowed


def cpu_quota(cgroup: Path = CGROUP) -> float | None:
    """CPUs that the control group grants (version 2, then version 1); None where it sets no limit."""
    quota, _, period = read(cgroup / "cpu.max").partition(" ")
    if not quota:
        quota = read(cgroup / "cpu" / "cpu.cfs_quota_us")
        period = read(cgroup / "cpu" / "cpu.cfs_period_us")
    if not quota.isdigit() or not period.isdigit() or int(period) == 0:
        return None  # "max" in version 2, -1 in version 1, or no control group at all
    return int(quota) / int(period)


def memory_limit(cgroup: Path = CGROUP, proc: Path = PROC) -> int:
    """Bytes this process may use: the machine's memory, or the control group's limit where it is less."""
    limits = [
        int(value)
        for value in (read(cgroup / "memory.max"), read(cgroup / "memory" / "memory.limit_in_bytes"))
        if value.isdigit()
    ]
    return min([*limits, meminfo("MemTotal", proc)])


def memory_available(cgroup: Path = CGROUP, proc: Path = PROC) -> int:
    """Bytes still free for this process, by the machine and by the control group."""
    free = [meminfo("MemAvailable", proc)]
    for limit, used in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        values = read(cgroup / limit), read(cgroup / used)
        if all(value.isdigit() for value in values):
            # the page cache counts as used, but is given back when memory is asked for
            cache = cached(cgroup / Path(limit).parent / "memory.stat")
            free.append(int(values[0]) - int(values[1]) + cache)
    return max(0, min(free))


def cached(stat: Path) -> int:
    """Bytes of file cache that a control group can drop at once."""
    for line in read(stat).splitlines():
        name, _, value = line.partition(" ")
        if name in ("inactive_file", "total_inactive_file"):
            return int(value)
    return 0


def meminfo(name: str, proc: Path = PROC) -> int:
    """One line of /proc/meminfo in bytes; UNLIMITED where there is none."""
    for line in read(proc / "meminfo").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return UNLIMITED


def process_age() -> float:
    """Seconds since the operating system started this process, resolution 10 ms.

    Python's own start, and the imports before the first line, are part of it.
    """
    started = int(process_start()) / os.sysconf("SC_CLK_TCK")
    return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - started)


def process_start(pid: int | str = "self") -> str:
    """When a process was started, in ticks since the machine was.

    "ended" where nobody has asked for its exit status yet, empty where there is
    none of the number, or it is not ours to see.
    """
    # the name of the program stands in brackets and may hold blanks; field 22 counts from the line's start
    fields = read(PROC / str(pid) / "stat").rpartition(")")[2].split()
    if len(fields) < 20:
        return ""
    return "ended" if fields[0] in "ZX" else fields[19]


def cpu_name(proc: Path = PROC) -> str:
    """The processor's own name for itself."""
    for line in read(proc / "cpuinfo").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return os.uname().machine


def read(path: Path) -> str:
    """A small system file's text; empty where it is absent or closed to us."""
    try:
        return path.read_text().strip()
    except OSError:
        return ""
