"""The kit that others run on their GPU goes through here, on the CPU and in small, so that it can't rot."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from benchmarks.gpu import plain  # noqa: E402
from benchmarks.gpu.__main__ import CHECKS, run  # noqa: E402
from benchmarks.gpu.settings import TINY, Bench  # noqa: E402

KIT = """
import sys
from benchmarks.gpu.__main__ import main
status = main(["-o", sys.argv[1], "--device", "cpu", "--tiny"])
absent = {"monai", "segmentation_models_pytorch", "timm", "torchvision", "skimage"} & set(sys.modules)
sys.exit(f"imports {absent}, which a bare machine lacks" if absent else status)
"""


def test_the_whole_kit(tmp_path: Path) -> None:
    """Every check gives its rows, none fails, and what doesn't hang on a GPU's speed is as it should be."""
    done = subprocess.run(
        [sys.executable, "-c", KIT, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads((tmp_path / "gpu.json").read_text())["rows"]
    assert list(dict.fromkeys(row["check"] for row in rows)) == list(CHECKS)
    found = {row["what"]: row["value"] for row in rows}
    assert found["fast: mean F1@0.9 with the CPU's"] == 1
    assert found["cells on the CPU, 1 images"] > 10, "images without cells would agree, too"
    assert found["largest difference, of 1"] < 1e-5, "by hand and ours are the same arithmetic"
    assert (tmp_path / "gpu.md").read_text().count("\n| ") == len(rows) + 1


def bench(seconds: float) -> Bench:
    return Bench(torch.device("cpu"), TINY, "compact", None, time.monotonic() + seconds)


def test_a_failing_check_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """Minutes of a borrowed GPU must not be lost to the one thing that doesn't work there."""

    def fail(_: Bench) -> None:
        raise RuntimeError("no kernel image\nis available")

    monkeypatch.setitem(CHECKS, "slide", fail)
    row, _ = run("slide", bench(60))
    assert (row.value, row.aim.kept) == ("RuntimeError: no kernel image", False)


def test_nothing_is_begun_after_the_time() -> None:
    (row,) = run("slide", bench(-1))
    assert row.value == "no time left"


@pytest.mark.parametrize(("length", "size"), [(64, 64), (65, 64), (2048, 512), (89, 64)])
def test_windows_by_hand_cover_everything(length: int, size: int) -> None:
    found = plain.starts(length, size)
    assert found[0] == 0
    assert found[-1] + size == length
    assert (np.diff(found) <= int(size * 0.4)).all()
    assert len(set(found)) == len(found)
