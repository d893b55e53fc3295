"""Writes docs/robustness.md from the tests: what was tried, and what must come of it.

python -m docs.make_robustness
"""

from __future__ import annotations

import ast
from pathlib import Path

from tests.read.hostile import docs_table

DOCS = Path(__file__).parent
TESTS = DOCS.parent / "tests"
FAULTS = (
    "run/test_folder.py",
    "run/test_signals.py",
    "system/test_files.py",
    "system/test_leases.py",
    "run/test_two_nodes.py",
    "write/test_labels.py",
    "run/test_names.py",
    "test_no_network.py",
    "image/test_faults.py",
)

HEAD = """# Faults and hostile files

Made by `make docs` from the tests that try them; each row is checked by `make test` (the
container's by `make image-test`).

One failure costs one image: one line that names the file, what was wrong and what to do; the others
are written, all failures are listed again at the end, and the exit status is 1. `--debug` adds
tracebacks. A label file appears whole or not at all; a second run of the same command goes on where
the first one ended.

100 rounds of `kill -9` on a folder of 20 images: `make test-kill`. 500 images with flat memory:
`python -m benchmarks.robustness soak`.

## Faults of a run

| what was tried | why |
|---|---|
"""


def fault_rows() -> list[str]:
    """A row per test: its name in words, and the first line of its docstring."""
    rows = []
    for name in FAULTS:
        for node in ast.parse((TESTS / name).read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                words = node.name.removeprefix("test_").replace("_", " ")
                rows.append(f"| {words} | {(ast.get_docstring(node) or 'see the test').splitlines()[0]} |")
    return rows


def main() -> None:
    """Writes the page."""
    page = HEAD + "\n".join(fault_rows()) + "\n\n## Hostile files\n\n" + docs_table() + "\n"
    (DOCS / "robustness.md").write_text(page)


if __name__ == "__main__":
    main()
