"""What reading an image imports: a container starts once per image, and imports are on its clock."""

from __future__ import annotations

import subprocess
import sys

import imagecodecs
import numpy as np

HEAVY = {"tifffile", "zarr", "skimage", "scipy", "PIL", "torch", "numba"}


def test_a_png_needs_no_tiff_library(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(imagecodecs.png_encode(np.eye(20, dtype=np.uint8)))
    code = f"import sys; from app.read import read_image; read_image({str(path)!r}); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stdout.split())
