"""The README's answer to "where does it happen?" is true: a room imports only from rooms above it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "app"


def order() -> list[str]:
    """The rooms and front files of the README's map, from the top."""
    block = re.search(
        r"what comes in and what goes out\.\n\n```\n(.*?)```", (ROOT / "README.md").read_text(), re.S
    )
    assert block is not None
    heads = [line.split("  ")[0] for line in block.group(1).splitlines()]
    return [name.removesuffix(".py") for head in heads for name in re.findall(r"(\w+)(?:\.py|/)", head)]


def imported(file: Path) -> Iterator[str]:
    """Rooms and front files of `app` that a file of it imports, also inside of functions."""
    package = file.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            module = (*base, *(node.module.split(".") if node.module else ()))
            # `from .. import machine` names its module behind the word import
            yield from (module[1],) if len(module) > 1 else (alias.name for alias in node.names)


def test_the_map_is_whole() -> None:
    """A renamed room must not live on in the map, and a new one must not be missing from it."""
    front = {"__init__", "__main__"}
    there = {path.stem for path in APP.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert sorted(order()) == sorted(there - front)


@pytest.mark.parametrize("place", range(len(order())), ids=order())
def test_data_flows_one_way(place: int) -> None:
    """`weights` once imported `files`, which stood far below it."""
    names = order()
    room = APP / names[place]
    for file in sorted(room.rglob("*.py")) if room.is_dir() else [room.with_suffix(".py")]:
        below = set(imported(file)) & set(names[place + 1 :])
        assert not below, f"{file.relative_to(ROOT)} imports {', '.join(sorted(below))} from below itself"


def test_imports_inside_are_relative() -> None:
    """`app` is installed as mediar_box; a line that names it would load everything twice, or not at all."""
    for file in sorted(APP.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not [name for name in names if name.split(".")[0] == "app"], file.relative_to(ROOT)


def test_every_room_has_a_door() -> None:
    """Its `__init__` says in words what comes in and what goes out."""
    for room in (path for path in APP.iterdir() if path.is_dir() and any(path.glob("*.py"))):
        assert len(ast.get_docstring(ast.parse((room / "__init__.py").read_text())) or "") > 100, room
