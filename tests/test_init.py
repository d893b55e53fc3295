"""The names that others call under `app`, after a bare import of it."""

from __future__ import annotations

import subprocess
import sys


def test_names_of_the_contract() -> None:
    """`app.flows.compute_masks` was there only where something else had imported `app.flows`."""
    code = (
        "import app; print(app.segment.__name__, app.Segmentation.__name__, app.flows.compute_masks.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["segment", "Segmentation", "compute_masks"]
