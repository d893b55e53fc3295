"""A server in this process, with bright blobs for cells in place of the network."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from imagecodecs import png_encode
from starlette.testclient import TestClient

from app.network.inference import Network
from app.serve.guard import Guard
from app.serve.predicting import Predictor
from app.serve.server import application
from app.serve.session import Session
from app.serve.settings import Serving
from app.settings import Windows

HOME = "http://127.0.0.1:8000"
WAIT = 60  # s; seconds pass only where kernels are compiled


class Client(TestClient):
    """The page's side of it."""

    session: Session

    def upload(self, image: bytes, name: str = "field.png") -> dict[str, Any]:
        """What the server tells of a new image."""
        answer = self.post(
            "/api/images",
            params={"name": name},
            content=image,
            headers={"content-type": "application/octet-stream"},
        )
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def settled(self, image: str) -> dict[str, Any]:
        """An image once nothing is done to it any more."""
        until = time.monotonic() + WAIT
        while time.monotonic() < until:
            told: dict[str, Any] = self.get(f"/api/images/{image}").json()
            if told["state"] in ("ready", "failed") and not told["tracking"]:
                return told
            time.sleep(0.02)
        raise AssertionError("it did not settle")

    def edit(self, image: str, op: str, *points: tuple[float, float], status: int = 200) -> dict[str, Any]:
        """One correction."""
        answer = self.post(f"/api/images/{image}/edits", json={"op": op, "points": [list(p) for p in points]})
        assert answer.status_code == status, answer.text
        told: dict[str, Any] = answer.json()
        return told


@pytest.fixture
def open_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bright_blobs: Any) -> Callable[..., Any]:
    """`with open_client() as client`: a server on `tmp_path`; opened again it is one started again."""

    def load(self: Predictor, name: str) -> Network:
        assert name
        network = Network([bright_blobs], Windows(size=128))
        network.on_batch = self.after_batch
        return network

    monkeypatch.setattr(Predictor, "load", load)

    @contextmanager
    def opened(token: str | None = None, **changes: Any) -> Iterator[Client]:
        session = Session(Serving(tmp_path / "out", scales="1", budget="none", **changes))
        app = Guard(application(session), token=token)  # type: ignore[arg-type]
        try:
            with Client(app, base_url=HOME, raise_server_exceptions=False) as client:
                client.session = session
                yield client
        finally:
            session.close()

    return opened


@pytest.fixture
def client(open_client: Callable[..., Any]) -> Iterator[Client]:
    """One server."""
    with open_client() as opened:
        yield opened


@pytest.fixture(scope="session")
def field(synthetic_field: Callable[..., Any]) -> tuple[bytes, Any]:
    """A PNG, and the labels of its bright cells (touching ones are one blob)."""
    image, labels = synthetic_field(150, 170, 12, 3)
    return bytes(png_encode(np.ascontiguousarray(image))), labels
