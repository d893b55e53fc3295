"""`pip install .` gives other people's Python `mediar_box` and the command, with the weights inside."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest
import tifffile

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def names(path: str) -> set[str]:
    """Packages that a list of pins names itself."""
    return set(re.findall(r"^([A-Za-z0-9_.-]+)==", (ROOT / path).read_text(), re.M))


@pytest.mark.parametrize(
    ("asked", "pinned"),
    [
        (PROJECT["dependencies"], "requirements.txt"),
        (PROJECT["optional-dependencies"]["gpu"], "requirements-gpu.txt"),
        (PROJECT["optional-dependencies"]["serve"], "requirements-serve.txt"),
    ],
)
def test_the_package_asks_for_what_is_pinned(asked: list[str], pinned: str) -> None:
    """A library that is added to the image alone is missing wherever the package is installed."""
    assert {name.split(">=")[0] for name in asked} == names(pinned)


def call(cwd: Path, *command: object) -> str:
    done = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel in an environment of its own that finds this one's libraries; nothing is downloaded."""
    folder = tmp_path_factory.mktemp("installed")
    call(ROOT, sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder)
    (wheel,) = folder.glob("mediar_box-*.whl")
    call(folder, sys.executable, "-m", "venv", "--without-pip", "venv")
    python = folder / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
    call(folder, *pip, "install", "--no-index", "--no-deps", wheel)
    here = sysconfig.get_path("purelib", vars={"base": str(folder / "venv")})
    (Path(here) / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "venv" / "bin"


def test_the_installed_names_are_its_own(installed: Path, tmp_path: Path) -> None:
    """`app` is no name for a package, and weights beside a checkout aren't there for who installs one."""
    code = """
import sys, mediar_box
from mediar_box.network import find_weights
from mediar_box.network.weights.graph import Graph
print(mediar_box.__version__, mediar_box.segment.__name__, mediar_box.flows.compute_masks.__name__)
for member in find_weights("compact").members:
    member.verify()
    Graph.load(member.architecture)
from pathlib import Path
import mediar_box.serve
static = Path(mediar_box.serve.__file__).with_name("static")
assert (static / "index.html").is_file() and (static / "vendor" / "openseadragon-LICENSE.txt").is_file()
assert not {"app", "torch", "numba"} & set(sys.modules)
print(mediar_box.__file__)
"""
    version, *names, file = call(tmp_path, installed / "python", "-c", code).split()
    assert names == ["segment", "compute_masks"]
    assert file.startswith(str(installed.parent))
    assert call(tmp_path, installed / "mediar-box", "--version").split() == ["mediar-box", version]
    assert "usage: mediar-box" in call(tmp_path, installed / "mediar-box", "--help")


@pytest.mark.slow  # kernels are compiled anew where the package lies anew
def test_it_predicts(installed: Path, tmp_path: Path, cells: Path) -> None:
    """A page, a kernel or a graph that is left out of the wheel is missed only here."""
    image = sorted((cells / "dsb2018" / "images").glob("*.png"))[0]
    flags = ["--budget", "none", "--report", "--save", "overlay,table"]
    written = call(tmp_path, installed / "mediar-box", "predict", "-i", image, "-o", "out", *flags)
    labels = tifffile.imread(tmp_path / written.strip())
    assert labels.max() > 3
    assert (tmp_path / "out" / "report.html").is_file()
    code = f"""
import mediar_box
from mediar_box.read import read_image
found = mediar_box.segment(read_image({str(image)!r}))
print(found.labels.max(), mediar_box.compute_masks(found.flow, found.probability).max())
"""
    segmented, tracked = map(int, call(tmp_path, installed / "python", "-c", code).split())
    assert segmented == labels.max()
    # `compute_masks` has thresholds of its own and knows no scales: from one flow come nearly the same cells
    assert abs(tracked - segmented) <= 2
