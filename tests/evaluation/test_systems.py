"""The command lines that are timed."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import evaluation.systems
from app.errors import UsageError
from evaluation.systems import Command, Container, own_command


def test_the_organisers_line() -> None:
    """Word for word their line; only the file for the container's id is added."""
    command, _ = Container("mediar-box:latest").prepare(Path("/a/in"), Path("/a/out"))
    wanted = (
        'docker container run --gpus "device=0" -m 28G --name mediar-box --rm '
        "-v /a/in:/workspace/inputs/ -v /a/out:/workspace/outputs/ mediar-box:latest "
        '/bin/bash -c "sh predict.sh"'
    )
    at = list(command).index("--cidfile")
    assert [*command[:at], *command[at + 2 :]] == shlex.split(wanted)
    without, _ = Container("mediar-box:latest", "none").prepare(Path("/a/in"), Path("/a/out"))
    assert "--gpus" not in without


@pytest.mark.parametrize("pattern", range(len(evaluation.systems.CGROUPS)))
def test_memory_of_a_container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: int) -> None:
    """Read from the container's own cgroup wherever Docker put it; not told is 0, not an error."""
    moved = tuple(str(tmp_path) + path for path in evaluation.systems.CGROUPS)
    monkeypatch.setattr(evaluation.systems, "CGROUPS", moved)
    _, meter = Container("x").prepare(tmp_path / "in", tmp_path / "out")
    assert meter(1) == 0
    (tmp_path / "container.id").write_text("abc\n")
    assert meter(1) == 0
    peak = Path(moved[pattern].format(id="abc"))
    peak.parent.mkdir(parents=True)
    peak.write_text("123456\n")
    assert meter(1) == 123456


def test_command_quotes_its_folders(tmp_path: Path) -> None:
    """Folders with blanks and quotes reach the command as one argument each."""
    folder = tmp_path / "a 'b' $HOME"
    line, _ = Command("printf '%s\\n' {in} {out}").prepare(folder / "in", folder / "out")
    done = subprocess.run(line, shell=True, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [str(folder / "in"), str(folder / "out")]


@pytest.mark.parametrize("line", ["run {in}", "run {out}", "run"])
def test_command_without_its_folders_is_wrong_use(line: str) -> None:
    """A command that never learns where to write would be timed at doing nothing."""
    with pytest.raises(UsageError, match="stands for a folder"):
        Command(line)


def test_own_command_runs_this_repository() -> None:
    """The same Python and the same code as the test, whatever folder it is called from."""
    line, _ = own_command().prepare(Path("/in"), Path("/out"))
    assert f"{sys.executable} -m app predict -i /in -o /out" in line
    assert line.startswith(f"cd {Path(__file__).resolve().parents[2]} && ")
