"""Virtual environments of the peers: made once from pinned requirements, by pip."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from app.errors import UsageError

READY = "ready"  # in an environment that is whole: digest of what it was made from


def environment(requirements: Path, folder: Path) -> Path:
    """The Python of an environment that holds `requirements`; made in `folder` where it is not there.

    Raises UsageError in one line where that can't be done.
    """
    python = folder / "bin" / "python"
    digest = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
    ready = folder / READY
    if ready.is_file() and ready.read_text() == digest:
        return python
    steps = {
        "can't be made": [sys.executable, "-m", "venv", "--clear", str(folder)],
        f"lacks what {requirements.name} asks for": [
            *(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("-r", str(requirements)),
        ],
    }
    for fault, command in steps.items():
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise UsageError(f"{folder}: {fault} ({last_line(done.stderr or done.stdout)}); run it again")
    ready.write_text(digest)
    return python


def last_line(text: str) -> str:
    """What a program said last: its error, as a rule."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
