"""A Docker image that was built just now (`make image-test`), real images, and what Python makes of them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REAL = (  # gray, 16 bit, stained tissue in colour; small, since networks are slow on two busy cores
    "dsb2018/images/*.png",
    "bbbc039/images/*.png",
    "tnbc/images/*.png",
)
HARDENED = (
    *("--network", "none", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"),
    *("--security-opt", "no-new-privileges", "--user", "12345"),
)
Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Box:
    """The image, and the ways to run it."""

    image: str

    @staticmethod
    def docker(*arguments: str) -> Done:
        """One call of the client."""
        return subprocess.run(["docker", *arguments], capture_output=True, text=True)

    @staticmethod
    def mounts(inputs: Path, outputs: Path, mode: str = "") -> tuple[str, ...]:
        """The two folders as the contract names them."""
        return "-v", f"{inputs}:/workspace/inputs/{mode}", "-v", f"{outputs}:/workspace/outputs/"

    def run(self, *command: str, options: Sequence[str] = ()) -> Done:
        """`docker container run OPTIONS IMAGE COMMAND`, to its end."""
        return self.docker("container", "run", "--rm", *options, self.image, *command)

    def predict(self, inputs: Path, outputs: Path, *flags: str, options: Sequence[str] = ()) -> Done:
        """The short form."""
        return self.run(*flags, options=(*options, *self.mounts(inputs, outputs)))

    def hardened(self, inputs: Path, outputs: Path, *flags: str, options: Sequence[str] = ()) -> Done:
        """The short form with every right taken away, on two CPUs."""
        outputs.chmod(0o777)
        mounts = self.mounts(inputs, outputs, mode=":ro")
        return self.run(*flags, options=(*HARDENED, "-m", "28G", "--cpus", "2", *mounts, *options))


@pytest.fixture(scope="session")
def box() -> Box:
    """The image under test: $IMAGE, or the slim one."""
    return Box(os.environ.get("IMAGE", "mediar-box:cpu"))


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three real images: of ../shared/data where it is, else of scikit-image."""
    folder = tmp_path_factory.mktemp("inputs")
    folder.chmod(0o755)  # a container may read it as any user
    cells = ROOT.parent / "shared" / "data" / "cells"
    if cells.is_dir():
        for pattern in REAL:
            first = sorted(cells.glob(pattern))[0]
            (folder / first.name).write_bytes(first.read_bytes())
        return folder
    from skimage import data, io

    io.imsave(folder / "tissue.png", data.immunohistochemistry())
    io.imsave(folder / "phase.png", data.cell())
    io.imsave(folder / "corner.png", data.immunohistochemistry()[:300, :200])
    return folder


@pytest.fixture(scope="session")
def expected(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The labels that the virtual environment gives with all the time it wants, on two CPUs."""
    folder = tmp_path_factory.mktemp("expected")
    two = sorted(os.sched_getaffinity(0))[:2]
    subprocess.run(
        [
            sys.executable,
            "-m",
            "app",
            "predict",
            "-i",
            inputs,
            "-o",
            folder,
            "--budget",
            "none",
            "--device",
            "cpu",
        ],
        check=True,
        cwd=ROOT,
        preexec_fn=lambda: os.sched_setaffinity(0, two),
    )
    return folder


@pytest.fixture
def outputs(tmp_path: Path) -> Iterator[Path]:
    """An empty folder for results."""
    folder = tmp_path / "outputs"
    folder.mkdir()
    yield folder
    folder.chmod(0o755)
