"""Uploads are bounded, named without paths, and leave nothing behind where they end early."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from app.errors import RequestError
from app.serve.intake import clean_name, receive
from app.serve.settings import Limits
from app.serve.store import Store


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("a.png", "a.png"),
        ("../../etc/passwd.png", "passwd.png"),
        ("/abs/olute.tif", "olute.tif"),
        ("C:\\lab\\plate 1.TIF", "plate 1.TIF"),
        ("..png.png", "png.png"),
        ("a\n\x00b.png", "a_n_x00b.png"),
        ("Zelle ä µ.svs", "Zelle ä µ.svs"),
        ("x" * 500 + ".png", "x" * 120 + ".png"),
        ("a.png/", "a.png"),
    ],
)
def test_names(name: str, clean: str) -> None:
    assert clean_name(name, Limits()) == clean


@pytest.mark.parametrize("name", ["", ".png", "..", "a", "a.exe", "a.png.exe", "../", "a.zip", "/"])
def test_names_of_no_image(name: str) -> None:
    with pytest.raises(RequestError):
        clean_name(name, Limits())


def test_two_of_one_name_are_two_images(client: Any, field: Any) -> None:
    names = [client.upload(field[0], "../field.png")["name"] for _ in range(3)]
    assert names == ["field.png", "field-2.png", "field-3.png"]


@pytest.fixture
def store(tmp_path: Path) -> Any:
    opened = Store(tmp_path)
    yield opened
    opened.close()


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def stalled() -> AsyncIterator[bytes]:
    yield b"II*\0"
    await asyncio.sleep(60)


@pytest.mark.parametrize(
    ("limits", "length", "body", "status"),
    [
        (Limits(upload=10), 11, lambda: chunks(b""), 413),
        (Limits(upload=10), None, lambda: chunks(b"II*\0", b"x" * 7), 413),
        (Limits(upload=10), 2, lambda: chunks(b"II*\0", b"x" * 7), 413),
        (Limits(), 100, lambda: chunks(b"II*\0"), 400),
        (Limits(), None, lambda: chunks(b"MZ it is a program"), 415),
        (Limits(), None, lambda: chunks(), 415),
        (Limits(spare=1 << 60), 4, lambda: chunks(b"II*\0"), 507),
        (Limits(images=0), 4, lambda: chunks(b"II*\0"), 413),
        (Limits(patience=0.05), None, stalled, 408),
    ],
)
def test_an_upload_that_is_refused_leaves_nothing(
    store: Store, limits: Limits, length: int | None, body: Callable[[], AsyncIterator[bytes]], status: int
) -> None:
    with pytest.raises(RequestError) as refused:
        asyncio.run(receive(store, "a.tif", length, body(), limits))
    assert refused.value.status == status
    assert list(store.folder.iterdir()) == []
    assert store.images == {}


def test_what_a_killed_server_left_of_an_upload_goes(tmp_path: Path) -> None:
    Store(tmp_path).close()
    half = tmp_path / "images" / "0123456789ab"
    half.mkdir()
    (half / "input.tif").write_bytes(b"II*\0")
    other = tmp_path / "images" / "notes"
    other.mkdir()
    store = Store(tmp_path)
    assert (half.exists(), other.exists(), store.images) == (False, True, {})
    store.close()
