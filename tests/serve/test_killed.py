"""kill -9 at bad moments: nothing that was answered is lost, and nothing is left running."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from .process import Server, children

pytestmark = pytest.mark.slow


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    started = Server(tmp_path / "out", "--scales", "1", "--budget", "60")
    yield started
    started.end()


def restart(server: Server) -> None:
    """As after a power cut, as far as a process can tell."""
    assert server.end(signal.SIGKILL) == -signal.SIGKILL
    server.start()


def test_during_an_upload(server: Server, tmp_path: Path) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        head = "POST /api/images?name=a.tif HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000000\r\n"
        connection.sendall(
            f"{head}Content-Type: application/octet-stream\r\n\r\n".encode() + b"II*\0" * 500_000
        )
        folder = tmp_path / "out" / "session" / "images"
        until = time.monotonic() + 30
        while (
            not any(path.stat().st_size for path in folder.glob("*/input.tif")) and time.monotonic() < until
        ):
            time.sleep(0.05)
        assert any(folder.glob("*/input.tif"))
        restart(server)
    assert list(folder.iterdir()) == []
    assert server.ask("GET", "/api/state")["images"] == []


def test_during_a_prediction_and_while_learning(server: Server, tmp_path: Path, synthetic_field: Any) -> None:
    tifffile.imwrite(tmp_path / "a.tif", synthetic_field(600, 600, 150)[0])
    data = (tmp_path / "a.tif").read_bytes()
    image = server.ask("POST", "/api/images?name=a.tif", data, "application/octet-stream")["id"]
    server.wait(lambda state: state["images"][0]["state"] == "working")
    restart(server)
    server.wait(lambda state: state["images"][0]["state"] == "ready")
    cell = server.ask("GET", f"/api/images/{image}/cell")
    told = server.ask(
        "POST", f"/api/images/{image}/edits", {"op": "delete", "points": [[cell["x"], cell["y"]]]}
    )
    restart(server)
    assert server.ask("GET", f"/api/images/{image}")["version"] == told["version"]

    pytest.importorskip("monai", reason="no training tools here: learning was not tried")
    server.ask("POST", "/api/tune", {"minutes": 30})
    server.wait(lambda state: state["learning"]["jobs"][0]["state"] == "working")
    server.wait(lambda _: children(tmp_path / "out"))
    old = children(tmp_path / "out")
    server.end(signal.SIGKILL)
    until = time.monotonic() + 180
    while children(tmp_path / "out") and time.monotonic() < until:
        time.sleep(0.5)
    assert not children(tmp_path / "out"), "it learns for nobody"
    server.start()
    server.wait(lambda _: children(tmp_path / "out"))
    assert children(tmp_path / "out") != old
    server.ask("DELETE", "/api/tune")
    server.wait(lambda state: state["learning"]["jobs"][0]["state"] in ("done", "failed"))
    labels = server.ask("GET", f"/api/images/{image}")
    assert (labels["edits"], labels["version"]) == (1, told["version"])
    assert np.isfinite(labels["cells"])
