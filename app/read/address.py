"""Images that lie elsewhere: an address such as https://host/image.ome.zarr, kept as a Path like others."""

from __future__ import annotations

from pathlib import Path

SCHEMES = ("http", "https", "s3")


def address(path: Path) -> str | None:
    """The address that a path stands for; None where it is a file's.

    `Path` folds the two slashes behind the scheme into one, and leaves the rest as it is.
    """
    scheme, colon, rest = str(path).partition(":/")
    return f"{scheme}://{rest}" if colon and scheme in SCHEMES else None
