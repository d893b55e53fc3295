"""The README's answer to "where does it happen?" is true: a module imports only from above itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def order() -> list[str]:
    """The modules of the README's list, from the top."""
    block = re.search(
        r"imports only from above itself\.\n\n```\n(.*?)```", (ROOT / "README.md").read_text(), re.S
    )
    assert block is not None
    heads = [line[:24] for line in block.group(1).splitlines()]
    return [name for head in heads for name in re.findall(r"(\w+)(?:\.py|/)", head)]


def imported(file: Path) -> Iterator[str]:
    """Modules of `app` that a file imports, also inside of functions."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("app."):
            yield str(node.module).split(".")[1]


def test_every_name_is_a_module() -> None:
    """A renamed file must not live on in the list."""
    assert len(order()) >= 15
    for name in order():
        assert (ROOT / "app" / f"{name}.py").is_file() or (ROOT / "app" / name).is_dir(), name


def test_data_flows_one_way() -> None:
    """`weights` once imported `files`, which stood far below it."""
    names = order()
    for place, name in enumerate(names):
        module = ROOT / "app" / name
        for file in sorted(module.glob("*.py")) if module.is_dir() else [module.with_suffix(".py")]:
            below = set(imported(file)) & set(names[place + 1 :])
            assert not below, f"{file.relative_to(ROOT)} imports {', '.join(sorted(below))} from below itself"
