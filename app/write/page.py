"""Small pieces of HTML for pages that load nothing from anywhere: the run's report and the evaluation's."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

STYLE = Path(__file__).with_name("page.css")
SCRIPT = Path(__file__).with_name("page.js")  # of sortable tables


@dataclass(frozen=True)
class Cell:
    """One cell of a sortable table."""

    html: str = ""
    sort: float | None = None  # what its column is sorted by; None: its text
    kind: str = ""  # a class of page.css


def page(title: str, parts: Sequence[str]) -> str:
    """A whole document; the script is in it where a sortable table is."""
    sorts = any('class="sortable"' in part for part in parts)
    script = f"\n<script>\n{SCRIPT.read_text(encoding='utf-8')}</script>" if sorts else ""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>\n{STYLE.read_text(encoding='utf-8')}</style></head>\n<body>\n"
        + "\n".join(part for part in parts if part)
        + f"{script}\n</body></html>\n"
    )


def tiles(numbers: Sequence[tuple[str, str]], bad: Sequence[str] = ()) -> str:
    """The few numbers that are read first: (value, what it is); `bad` ones in a warning's colour."""
    inner = "".join(
        f'<div class="tile"><b{" class=bad" if what in bad else ""}>{escape(value)}</b>{escape(what)}</div>'
        for value, what in numbers
    )
    return f'<div class="tiles">{inner}</div>'


def table(head: Sequence[str], lines: Sequence[Sequence[str]], *, total: bool = False, texts: int = 0) -> str:
    """Rows of texts; the last one stands out where it is a `total`, the last `texts` columns wrap."""
    kinds = [' class="text"' if j >= len(head) - texts else "" for j in range(len(head))]
    top = "".join(
        f'<th scope="col"{kind}>{escape(text)}</th>' for kind, text in zip(kinds, head, strict=True)
    )
    body = []
    for i, line in enumerate(lines):
        cells = "".join(f"<td{kind}>{escape(text)}</td>" for kind, text in zip(kinds, line, strict=True))
        mark = ' class="total"' if total and i == len(lines) - 1 else ""
        body.append(f"<tr{mark}>{cells}</tr>")
    rows = "".join(body)
    return (
        f'<div class="scroll"><table class="numbers"><thead><tr>{top}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def sortable(head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """A table sorted by a click on a head and searched by typing; a nameless column isn't sorted."""
    top = "".join(
        f'<th scope="col">{f"<button>{escape(name)}</button>" if name else ""}</th>' for name in head
    )
    body = "\n".join(f"<tr>{''.join(map(table_cell, row))}</tr>" for row in rows)
    return (
        '<div class="sortable">'
        '<input type="search" placeholder="show names, warnings that contain…" aria-label="filter">'
        f"<table><thead><tr>{top}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )


def table_cell(cell: Cell) -> str:
    """`<td>` with its class and what it is sorted by."""
    kind = f' class="{cell.kind}"' if cell.kind else ""
    sort = f' data-v="{cell.sort}"' if cell.sort is not None else ""
    return f"<td{kind}{sort}>{cell.html}</td>"


def figures(drawings: Mapping[str, str]) -> str:
    """Plots by their captions, side by side where there is room."""
    inner = "".join(
        f"<figure><figcaption>{escape(words)}</figcaption>{svg}</figure>" for words, svg in drawings.items()
    )
    return f'<div class="plots">{inner}</div>'


def image(data: bytes, kind: str, words: str) -> str:
    """A picture inside the page, of `kind` png or jpeg, with words for those who can't see it."""
    inside = base64.b64encode(data).decode()
    return f'<img alt="{escape(words)}" loading="lazy" src="data:image/{kind};base64,{inside}">'


def picture(pixels: NDArray[np.uint8], words: str) -> str:
    """The same of pixels `(h, w, 3)`, without loss."""
    from imagecodecs import png_encode

    return image(bytes(png_encode(pixels)), "png", words)


def key(entries: Sequence[tuple[str, str]]) -> str:
    """What each colour stands for: (colour, words)."""
    inner = "".join(
        f'<span><i style="background:{colour}"></i>{escape(words)}</span>' for colour, words in entries
    )
    return f'<div class="key">{inner}</div>'


def facts(sections: Mapping[str, Mapping[str, str]]) -> str:
    """Names and values, in sections with a head."""
    inner = "".join(
        f"<section><h2>{escape(title)}</h2><dl>"
        + "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs.items())
        + "</dl></section>"
        for title, pairs in sections.items()
    )
    return f'<div class="facts">{inner}</div>'
