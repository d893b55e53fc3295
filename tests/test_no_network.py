"""Nothing is ever downloaded, and nobody is told anything: the whole job with sockets forbidden."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tifffile

WITHOUT_SOCKETS = """
import socket, sys
def forbidden(*_, **__):
    raise AssertionError("a socket was opened")
socket.socket = socket.create_connection = socket.getaddrinfo = forbidden
from app.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_predict_opens_no_socket(tmp_path: Path, synthetic_field: Callable[..., Any]) -> None:
    """Peers fetch weights at the first image; a cluster node without a network then has none."""
    tifffile.imwrite(tmp_path / "a.tif", synthetic_field(100, 100, 8)[0])
    flags = [
        "predict",
        "-i",
        str(tmp_path / "a.tif"),
        "-o",
        str(tmp_path / "out"),
        "--save",
        "overlay,table",
        "--report",
    ]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_SOCKETS, *flags],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["a_cells.csv", "a_label.tiff", "a_overlay.png", "report.html"]
