"""The locks hold what the requirements ask for; `make lock` mends a difference."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def pins(path: Path) -> dict[str, str]:
    """name → version, of a file and those that it includes."""
    text = path.read_text()
    found = dict(re.findall(r"^([A-Za-z0-9_.-]+)==([^\s\\;]+)", text, re.M))
    for other in re.findall(r"^-r (\S+)", text, re.M):
        found |= pins(path.parent / other)
    return {name.lower().replace("_", "-"): version for name, version in found.items()}


@pytest.mark.parametrize("name", ["requirements", "requirements-gpu"])
def test_lock_has_every_pin(name: str) -> None:
    """A pin that changes without its lock would leave another version in the image than in the tests."""
    asked = pins(ROOT / f"{name}.txt") | pins(ROOT / "requirements-serve.txt")
    locked = pins(ROOT / f"{name}.lock")
    assert asked
    assert {key: locked.get(key) for key in asked} == asked


@pytest.mark.parametrize("name", ["requirements", "requirements-gpu"])
def test_every_locked_package_has_sums_and_no_host_is_named(name: str) -> None:
    text = (ROOT / f"{name}.lock").read_text()
    for package in re.split(r"^(?=[a-z])", text, flags=re.M)[1:]:
        assert "--hash=sha256:" in package, package
    assert "://" not in text


@pytest.mark.parametrize("name", ["requirements", "requirements-gpu", "requirements-serve"])
def test_images_install_only_what_a_prediction_imports(name: str) -> None:
    """The GPU image carried ttach, which only a test uses."""
    code = "\n".join(path.read_text() for path in (ROOT / "app").rglob("*.py"))
    modules = {"scikit-image": "skimage"}
    asked = re.findall(r"^([A-Za-z0-9_.-]+)==", (ROOT / f"{name}.txt").read_text(), re.M)
    for package in asked:
        assert re.search(rf"^\s*(import|from) {modules.get(package, package)}\b", code, re.M), package
