"""Inputs at an address: fetched with fsspec where it is installed, one line where it is not."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import zarr
from imagecodecs import png_encode
from tifffile import imwrite

from app.errors import ReadError
from app.read import digest, find_images, open_image, open_stack, read_image

pytest.importorskip("fsspec", reason="fsspec is not installed (the extra `remote`)")
pytest.importorskip("aiohttp", reason="aiohttp is not installed (the extra `remote`)")

DATA = np.random.default_rng(0).integers(0, 255, (60, 80)).astype(np.uint8)


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_: object) -> None:
        """Not on the screen."""


@pytest.fixture
def host(tmp_path: Path) -> Iterator[str]:
    """The address at which the files of `tmp_path` are served, on this machine only."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_files_are_fetched(tmp_path: Path, host: str) -> None:
    """A PNG, and a TIFF whose pages are chosen; a second look knows both again."""
    (tmp_path / "a.png").write_bytes(png_encode(DATA))
    imwrite(
        tmp_path / "b.tif",
        np.stack([DATA, DATA.T[:60].repeat(2, 1)[:, :80]]),
        imagej=True,
        metadata={"axes": "ZYX"},
    )
    image, stack = Path(f"{host}/a.png"), Path(f"{host}/b.tif")
    assert find_images([image]) == [image]
    assert np.array_equal(read_image(image), read_image(tmp_path / "a.png"))
    with open_image(stack, page=1) as source:
        assert source.info.pages == 2
    with pytest.raises(ReadError, match="is a stack far away; copy it here"):
        open_stack(stack, "z")
    before = digest(image)
    assert digest(image) == before != digest(stack)


@pytest.mark.parametrize("version", [2, 3])
def test_an_ome_zarr_is_read_where_it_lies(tmp_path: Path, host: str, version: int) -> None:
    group = zarr.open_group(tmp_path / "a.ome.zarr", mode="w", zarr_format=version)
    group.create_array(
        "0", data=DATA, chunks=(32, 32), chunk_key_encoding={"name": "v2"} if version == 2 else None
    )
    axes = [{"name": name, "type": "space", "unit": "micrometer"} for name in "yx"]
    scale = [{"type": "scale", "scale": [0.5, 0.5]}]
    said = {"multiscales": [{"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": scale}]}]}
    group.attrs.update(said if version == 2 else {"ome": said})
    path = Path(f"{host}/a.ome.zarr")
    with open_image(path) as source:
        assert source.info.pixel_size_um == (0.5, 0.5)
        assert np.array_equal(source.raw_rows(0, 60)[..., 0], DATA)
    before = digest(path)
    group.attrs["more"] = 1
    assert digest(path) != before


def test_what_is_not_there_is_one_line(host: str) -> None:
    """The address as the user wrote it, though a path has folded its slashes."""
    with pytest.raises(ReadError, match=rf"^{host}/none.png: does not exist; check the address$"):
        open_image(Path(f"{host}/none.png"))
    with pytest.raises(ReadError, match=rf"^{host}/none.zarr: holds no OME-Zarr image"):
        open_image(Path(f"{host}/none.zarr"))


@pytest.mark.parametrize(
    ("address", "absent", "todo"),
    [
        ("https://host/a.png", "fsspec", r'can\'t be fetched without fsspec; pip install "fsspec\[http\]"'),
        ("s3://bucket/a.zarr", "fsspec", "can't be fetched without fsspec; pip install s3fs"),
        ("s3://bucket/a.png", "s3fs", "can't be fetched without .*; pip install s3fs"),
    ],
)
def test_without_fsspec_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, address: str, absent: str, todo: str
) -> None:
    monkeypatch.setitem(sys.modules, absent, None)
    with pytest.raises(ReadError, match=todo):
        open_image(Path(address))
