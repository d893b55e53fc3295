"""Prints what is in this image as a CycloneDX 1.5 list: Python packages, Debian packages, weights.

Run by the Dockerfile inside the finished image, so it lists what is there and
not what was asked for. Needs nothing but Python: cyclonedx-python-lib would stand in the list that it writes.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

WEIGHTS = Path("/workspace/weights")
Component = dict[str, object]


def main() -> None:
    """One JSON document, the same for the same image."""
    components = [*python_packages(), *debian_packages(), *weights()]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "container", "name": "mediar-box", "bom-ref": "mediar-box"}},
        "components": sorted(components, key=lambda component: str(component["bom-ref"])),
    }
    json.dump(document, sys.stdout, indent=1)


def python_packages() -> Iterator[Component]:
    """Every installed distribution."""
    for package in distributions():
        name, version = package.metadata["Name"], package.version
        purl = f"pkg:pypi/{name.lower().replace('_', '-')}@{version}"
        yield library(name, version, purl) | licence_of(package)


def licence_of(package: Distribution) -> Component:
    """Its licence, where its metadata tell it in a line."""
    for key in ("License-Expression", "License"):
        text = (package.metadata[key] or "").strip()
        if text and "\n" not in text:
            return {"licenses": [{"license": {"name": text}}]}
    return {}


def debian_packages() -> Iterator[Component]:
    """Every package that dpkg knows; tini alone was copied from a stage that is not here."""
    listing = subprocess.run(
        ["dpkg-query", "-W", "-f=${Package} ${Version} ${Architecture}\n"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for line in listing.splitlines():
        name, version, architecture = line.split()
        yield library(name, version, f"pkg:deb/debian/{name}@{version}?arch={architecture}")
    banner = subprocess.run(["tini", "--version"], check=True, capture_output=True, text=True).stdout
    version = banner.split()[2]  # "tini version 0.19.0"
    yield library("tini", version, f"pkg:deb/debian/tini@{version}")


def weights() -> Iterator[Component]:
    """The models of each pair and its specialists, with their checksums."""
    index = json.loads((WEIGHTS / "index.json").read_text())
    for name, entry in index.items():
        for member in [*entry["members"], *entry.get("specialists", {}).get("models", [])]:
            data = (WEIGHTS / member["file"]).read_bytes()
            yield {
                "type": "machine-learning-model",
                "name": f"{name}/{member['file']}",
                "bom-ref": f"weights/{member['file']}",
                "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(data).hexdigest()}],
                "licenses": [{"license": {"name": entry["licence"]}}],
            }


def library(name: str, version: str, purl: str) -> Component:
    """A package as the list tells it."""
    return {"type": "library", "name": name, "version": version, "purl": purl, "bom-ref": purl}


if __name__ == "__main__":
    main()
