"""Hostile and odd files, a family to a function, each with how it is made and what is expected of the reader.

`corpus()` is every `Case`, for whoever tests a reader; `docs_table()` the same for the docs.
"""

from .bombs import bombs
from .case import READS, REFUSED, Case
from .damaged import damaged
from .liars import liars
from .odd import names, shapes, values
from .places import not_files

__all__ = ["READS", "REFUSED", "Case", "corpus", "docs_table"]


def corpus() -> list[Case]:
    """Every case."""
    return [*shapes(), *values(), *names(), *damaged(), *bombs(), *liars(), *not_files()]


def docs_table() -> str:
    """The corpus as a Markdown table."""
    lines = ["| file | how it is made | outcome |", "|---|---|---|"]
    for case in corpus():
        outcome = "read" if case.expect == READS else "one line of error"
        lines.append(
            f"| {case.name} | {case.how or case.name} | {outcome}{f': “{case.says}”' if case.says else ''} |"
        )
    return "\n".join(lines)
