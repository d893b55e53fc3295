"""What is timed: a container by the organisers' line, or any command."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.errors import UsageError
from evaluation.process import Meter, tree_memory

CONTAINER = "mediar-box"  # the name in the organisers' line

# where a container's peak memory (cgroup 2, then 1) is found, by the way Docker was set up
CGROUPS = (
    "/sys/fs/cgroup/system.slice/docker-{id}.scope/memory.peak",
    "/sys/fs/cgroup/docker/{id}/memory.peak",
    "/sys/fs/cgroup/memory/docker/{id}/memory.max_usage_in_bytes",
    "/sys/fs/cgroup/memory/system.slice/docker-{id}.scope/memory.max_usage_in_bytes",
)


class System(Protocol):
    """Something that turns a folder of one image into a folder of one label file."""

    def prepare(self, inputs: Path, outputs: Path) -> tuple[str | Sequence[str], Meter]:
        """The command for these folders, and how its memory is read."""
        ...


@dataclass(frozen=True)
class Command:
    """A shell line with `{in}` and `{out}`; raises UsageError where one is not in it."""

    line: str

    def __post_init__(self) -> None:
        for place in ("{in}", "{out}"):
            if place not in self.line:
                raise UsageError(f"--command {self.line!r}: holds no {place}; it stands for a folder")

    def prepare(self, inputs: Path, outputs: Path) -> tuple[str, Meter]:
        """The line with both folders, quoted for the shell."""
        line = self.line.replace("{in}", shlex.quote(str(inputs))).replace("{out}", shlex.quote(str(outputs)))
        return line, tree_memory


def own_command() -> Command:
    """This repository's prediction, as `predict.sh` runs it, in this Python."""
    root = Path(__file__).resolve().parents[1]
    line = f"exec {shlex.quote(sys.executable)} -m app predict -i {{in}} -o {{out}}"
    return Command(f"cd {shlex.quote(str(root))} && {line}")


@dataclass(frozen=True)
class Container:
    """A Docker image, run by the organisers' line; `gpus` is theirs too, "none" for machines without."""

    image: str
    gpus: str = "device=0"

    def prepare(self, inputs: Path, outputs: Path) -> tuple[list[str], Meter]:
        """The line as arguments; all that is added is a file to learn the container's id from."""
        id_file = outputs.parent / "container.id"
        id_file.unlink(missing_ok=True)
        command = ["docker", "container", "run"]
        command += [] if self.gpus == "none" else ["--gpus", self.gpus]
        command += ["-m", "28G", "--name", CONTAINER, "--rm", "--cidfile", str(id_file)]
        command += ["-v", f"{inputs}:/workspace/inputs/", "-v", f"{outputs}:/workspace/outputs/"]
        command += [self.image, "/bin/bash", "-c", "sh predict.sh"]
        return command, lambda _pid: _container_memory(id_file)


def _container_memory(id_file: Path) -> int:
    """The container's own peak so far, page cache included; 0 before it starts or where hidden."""
    try:
        container = id_file.read_text().strip()
    except OSError:
        return 0
    for pattern in CGROUPS:
        try:
            return int(Path(pattern.format(id=container)).read_text())
        except (OSError, ValueError):
            continue
    return 0
