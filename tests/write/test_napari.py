"""An OME-Zarr that napari shows without its labels, or at another scale than the image.

napari pulls in half a gigabyte, so it is no part of requirements-dev.txt:
its import also warns, which our settings turn into errors. To run it, without any Qt:
`pip install napari napari-ome-zarr && pytest -W default tests/write/test_napari.py`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.write import WRITERS, Result

components = pytest.importorskip("napari.components", reason="napari is not installed")
plugin = pytest.importorskip("napari_ome_zarr", reason="napari's OME-Zarr reader is not installed")


@pytest.mark.filterwarnings("default")  # those of napari's own libraries are not ours to mend
def test_napari_shows_image_and_labels_at_one_scale(synthetic_field, tmp_path: Path) -> None:
    image, labels = synthetic_field(600, 200, 30, 0)
    WRITERS["ome"](
        Result("a", image, image, labels, np.zeros((2, 600, 200)), labels * 1.0, (0.5, 0.25)), tmp_path
    )
    path = str(tmp_path / "a.ome.zarr")
    viewer = components.ViewerModel()
    for data, settings, kind in plugin.napari_get_reader(path)(path):
        getattr(viewer, f"add_{kind}")(data, **settings)
    assert [type(layer).__name__ for layer in viewer.layers] == ["Image", "Image", "Image", "Labels"]
    assert all(layer.scale.tolist() == [0.5, 0.25] for layer in viewer.layers)
    assert np.array_equal(np.asarray(viewer.layers[-1].data[0]), labels)
