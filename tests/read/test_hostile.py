"""Every file of the corpus against its written expectation, each in a process of its own."""

from __future__ import annotations

import json
import os
import resource
import signal
from pathlib import Path

import pytest

from app.errors import ReadError
from app.read import open_image
from tests.read.hostile import REFUSED, corpus, docs_table

CASES = corpus()
SECONDS = 30  # a hang is killed
MEMORY = 1 << 30  # bytes of address space beyond what the process holds already


def look(path: Path) -> dict[str, object]:
    """What the reader makes of a file: its size and notes, or the line of its error."""
    try:
        with open_image(path) as source:
            info = source.info
            # of a huge one the first rows: a pass over 3.6 billion pixels proves no more
            rows = source.raw_rows(0, 2) if info.banded else source.rows(0, info.height)
            return {"shape": [info.height, info.width], "notes": list(info.notes), "width": rows.shape[1]}
    except ReadError as error:
        return {"error": str(error)}


def in_child(path: Path, *, as_nobody: bool) -> dict[str, object]:
    """`look` in a forked process with little time and memory."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(SECONDS)
            if as_nobody:  # root may read everything
                os.setuid(65534)
            held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (held + MEMORY, held + MEMORY))
            os.write(writing, json.dumps(look(path)).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    assert status == 0, f"the reader died: wait status {status}"
    return json.loads(answer)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_hostile_file(case, tmp_path):
    """Neither a hang nor a crash nor gigabytes: an image, or one line that names the file."""
    path = case.make(tmp_path)
    seen = in_child(path, as_nobody=case.name == "unreadable" and os.geteuid() == 0)
    if case.expect == REFUSED:
        assert "error" in seen, seen
        assert case.says in seen["error"]
        assert "\n" not in seen["error"]
        assert len(seen["error"].encode(errors="replace")) < 700 + len(str(path))
    else:
        assert "error" not in seen, seen
        assert case.shape is None or tuple(seen["shape"]) == case.shape
        assert case.says in " ".join(seen["notes"])


def test_table_lists_every_case():
    """The docs show each case, one row each."""
    assert len(docs_table().splitlines()) == len(CASES) + 2
