"""Tables of others are foreign files like any."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import UsageError
from app.system.tables import read_table, write_table


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """A comma or a line break in a name must not move the columns behind it."""
    write_table(tmp_path / "a.csv", ["name", "n"], [["a,\nb", 1], ["ä", 2.5]])
    assert read_table(tmp_path / "a.csv", UsageError, "") == [
        {"name": "a,\nb", "n": "1"},
        {"name": "ä", "n": "2.5"},
    ]


@pytest.mark.parametrize("data", [None, b"set,id\n\xff\xfe,1\n"])
def test_what_is_no_table_is_named_in_one_line(tmp_path: Path, data: bytes | None) -> None:
    """Both ended in a traceback where pairs and clusters were looked up."""
    if data is not None:
        (tmp_path / "a.csv").write_bytes(data)
    with pytest.raises(UsageError, match=r"a.csv: can't be read \(.*\); make it anew$"):
        read_table(tmp_path / "a.csv", UsageError, "make it anew")
