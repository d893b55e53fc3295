"""Nothing is ever downloaded, and nobody is told anything: the whole job with sockets forbidden."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

WITHOUT_SOCKETS = """
import socket, sys
def forbidden(*_, **__):
    raise AssertionError("a socket was opened")
socket.socket = socket.create_connection = socket.getaddrinfo = forbidden
from app.cli import main
sys.exit(main(sys.argv[1:]))
"""


def written(out: Path, code: str, *flags: str) -> list[str]:
    """Names of what a fresh Python wrote into `out`, given `code` and its arguments."""
    command = [sys.executable, "-c", code, *flags]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    return sorted(path.name for path in out.iterdir())


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
    assert written(tmp_path / "out", WITHOUT_SOCKETS, *flags) == [
        "a_cells.csv",
        "a_label.tiff",
        "a_overlay.png",
        "report.html",
    ]


# what a developer's environment has and the slim image has not (requirements.lock)
ABSENT = (
    "PIL",
    "aiohttp",
    "dask",
    "fsspec",
    "imageio",
    "laptrack",
    "matplotlib",
    "networkx",
    "openslide",
    "pandas",
)


def test_a_film_from_an_ome_zarr_needs_no_more_than_the_slim_image(
    tmp_path: Path, synthetic_field: Callable[..., Any]
) -> None:
    """`--stack t` was refused in the images, since the library that linked frames was not in them."""
    import zarr

    field = synthetic_field(100, 100, 8)[0][..., 0]
    group = zarr.open_group(tmp_path / "film.ome.zarr", mode="w", zarr_format=2)
    group.create_array("0", data=np.stack([field, np.roll(field, 2, 1)]), chunks=(1, 64, 64))
    axes = [{"name": name, "type": "time" if name == "t" else "space"} for name in "tyx"]
    group.attrs["multiscales"] = [{"version": "0.4", "axes": axes, "datasets": [{"path": "0"}]}]
    # zarr waits for its threads by a pair of sockets that lead nowhere else, so these must be there
    offline = WITHOUT_SOCKETS.replace("socket.socket =", "socket.socket.connect = socket.socket.sendto =")
    code = f"import sys; sys.modules.update(dict.fromkeys({ABSENT}))\n{offline}"
    flags = ["predict", "-i", str(tmp_path), "-o", str(tmp_path / "out"), "--stack", "t", "--scales", "1"]
    assert written(tmp_path / "out", code, *flags, "--save", "ctc,overlay", "--report") == [
        "film_RES",
        "film_label.tiff",
        "film_overlay.png",
        "film_tracks.csv",
        "report.html",
    ]
