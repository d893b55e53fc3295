"""The docker lines that people are told to type work as they stand, save for the image's name and the GPU."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from app.write.labels import read_labels

pytestmark = pytest.mark.docker
ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "docs/image.md")


def documented() -> list[str]:
    """Every `docker … run` line of the pages that predicts, once, continued lines joined."""
    found: dict[str, None] = {}
    for page in PAGES:
        for block in re.findall(r"^```sh\n(.*?)^```", (ROOT / page).read_text(), re.M | re.S):
            for line in block.replace("\\\n", " ").splitlines():
                if re.match(r"docker (container )?run .*/workspace/outputs", line):
                    found[" ".join(line.split())] = None
    return list(found)


def test_there_are_lines() -> None:
    assert len(documented()) >= 3


@pytest.mark.parametrize("line", documented())
def test_line(line: str, box, inputs: Path, tmp_path: Path) -> None:
    for name in ("inputs", "outputs"):
        (tmp_path / name).mkdir()
    (tmp_path / "outputs").chmod(0o777)  # the page says that the user must be able to write it
    image = sorted(inputs.iterdir())[0]
    (tmp_path / "inputs" / image.name).write_bytes(image.read_bytes())
    if box.run("true", options=("--gpus", "device=0")).returncode:
        line = re.sub(r' --gpus ("device=0"|all)', "", line)
    line = re.sub(r" mediar-box(:\w+)?(?= |$)(?! --rm)", f" {box.image}", line)
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, f"{line}\n{done.stderr}"
    label = tmp_path / "outputs" / f"{image.name.split('.')[0]}_label.tiff"
    assert read_labels(label).max() > 0
