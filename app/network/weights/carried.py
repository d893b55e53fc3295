"""Where the weights and graphs lie that come with the code."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2]
INSIDE = PACKAGE / "carried"  # of mediar_box, as it is installed
CARRIED = INSIDE if INSIDE.is_dir() else PACKAGE.parent / "weights"  # or beside `app`
