"""What is in the image, and what must not be."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from app import __version__

pytestmark = pytest.mark.docker
ROOT = Path(__file__).resolve().parents[2]
LARGEST = 570_000_000  # bytes on top of python:3.11-slim-bookworm, which has some 130 MB: under 700 MB in all
STRIPPED = {"networkx", "imageio", "pillow"}  # by image/strip.sh


def configuration(box) -> dict:
    """What `docker inspect` tells."""
    return json.loads(box.docker("image", "inspect", box.image).stdout)[0]


def test_size(box) -> None:
    """The layers from our first instruction on; the base is as large as its maker made it."""
    history = box.docker(
        "history", "--human=false", "--no-trunc", "--format", "{{.Size}} {{.CreatedBy}}", box.image
    )
    sizes = []
    for line in history.stdout.splitlines():
        size, _, instruction = line.partition(" ")
        sizes.append(int(size))
        if "NUMBA_CACHE_DIR" in instruction:
            break
    assert 300_000_000 < sum(sizes) < LARGEST


def test_labels_and_healthcheck(box) -> None:
    config = configuration(box)["Config"]
    labels = {key.rpartition(".")[2]: value for key, value in config["Labels"].items()}
    assert labels["version"] == __version__
    assert labels["licenses"] == "MIT"
    assert re.fullmatch("[0-9a-f]{40}|unstated", labels["revision"])
    assert labels["source"]
    assert "doctor" in config["Healthcheck"]["Test"]
    assert "PYTHONUNBUFFERED=1" in config["Env"]
    assert not config.get("User"), "the organisers' outputs folder belongs to root"


def test_no_compiler_no_pip_no_tests_no_training(box) -> None:
    tools = "for tool in cc gcc g++ make pip pip3 apt-build; do command -v $tool; done"
    modules = (
        "for name in pip setuptools torch monai pytest; do python -c import\\ $name 2>&1 && echo $name; done"
    )
    folders = (
        "find /opt /workspace -type d \\( -name tests -o -name training -o -name .git -o -name evaluation \\)"
    )
    done = box.run("/bin/sh", "-c", f"{tools}; {folders}")
    assert done.stdout == ""
    done = box.run("/bin/sh", "-c", modules)
    assert not {"pip", "setuptools", "torch", "monai", "pytest"} & set(done.stdout.splitlines())


def test_bytecode_was_made(box) -> None:
    """Every module of ours has its bytecode, which a read-only root could not keep."""
    script = (
        "from pathlib import Path; from importlib.util import cache_from_source as made;"
        "sources = list(Path('app').rglob('*.py'));"
        "print([path.name for path in sources if not Path(made(path)).exists()], len(sources))"
    )
    listing = box.run("python", "-c", script).stdout
    assert re.match(r"\[\] \d\d", listing), listing


def test_list_of_what_is_inside(box) -> None:
    """The CycloneDX list names every locked package in its version, tini, and the weights by their sums."""
    document = json.loads(box.run("cat", "/opt/bom.cdx.json").stdout)
    assert document["bomFormat"] == "CycloneDX"
    versions = {one["purl"].split("?")[0] for one in document["components"] if "purl" in one}
    locked = re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "requirements.lock").read_text(), re.M)
    expected = {f"pkg:pypi/{name}@{version}" for name, version in locked if name not in STRIPPED}
    assert {purl for purl in versions if purl.startswith("pkg:pypi/")} == expected
    assert any(purl.startswith("pkg:deb/debian/tini@") for purl in versions)
    sums = {one["hashes"][0]["content"] for one in document["components"] if "hashes" in one}
    index = json.loads((ROOT / "weights" / "index.json").read_text())
    entries = index.values()
    models = [
        *(e["members"] for e in entries),
        *(e.get("specialists", {}).get("models", []) for e in entries),
    ]
    assert sums == {member["sha256"] for members in models for member in members}
