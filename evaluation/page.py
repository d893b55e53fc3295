"""Small pieces of HTML: a page, tables, pictures; everything inside one file."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

from evaluation.pictures import Picture

CSS = """
:root { color-scheme: light; --ink: #1c1c1c; --faint: #666; --line: #ddd; }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); max-width: 1120px; margin: 0 auto;
  padding: 24px 20px 60px; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 40px 0 6px; }
h3 { font-size: 15px; margin: 22px 0 6px; overflow-wrap: anywhere; }
p { margin: 6px 0; max-width: 80ch; } .faint { color: var(--faint); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 8px 0; font-size: 13px; }
th, td { padding: 4px 9px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 2px; }
th.text, td.text { text-align: left; white-space: normal; overflow-wrap: anywhere; }
thead th { border-bottom: 2px solid var(--ink); font-weight: 600; vertical-align: bottom; }
tr.total td { font-weight: 600; border-top: 2px solid var(--ink); }
svg { width: 100%; height: auto; display: block; margin: 8px 0; }
.tiles { display: flex; flex-wrap: wrap; gap: 10px; margin: 18px 0; }
.tile { border: 1px solid var(--line); border-radius: 8px; padding: 10px 16px; min-width: 130px; }
.tile b { display: block; font-size: 24px; line-height: 1.2; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 10px; max-width: 1080px; }
.pair img { width: 100%; border: 1px solid var(--line); }
.key { display: flex; flex-wrap: wrap; gap: 6px 20px; margin: 8px 0; }
.key i { display: inline-block; width: 14px; height: 14px; border: 1px solid #555; margin-right: 6px;
  vertical-align: -2px; }
summary { cursor: pointer; margin: 8px 0; }
"""


def page(title: str, parts: Sequence[str]) -> str:
    """A whole document that loads nothing from anywhere."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{CSS}</style></head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


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
    return f'<div class="scroll"><table><thead><tr>{top}</tr></thead><tbody>{rows}</tbody></table></div>'


def tiles(numbers: Sequence[tuple[str, str]]) -> str:
    """The few numbers that are read first: (value, what it is)."""
    inner = "".join(
        f'<div class="tile"><b>{escape(value)}</b>{escape(what)}</div>' for value, what in numbers
    )
    return f'<div class="tiles">{inner}</div>'


def image(picture: Picture, words: str) -> str:
    """A picture `(h, w, 3)` inside the page, with words for those who can't see it."""
    from imagecodecs import png_encode

    data = base64.b64encode(png_encode(picture)).decode()
    return f'<img alt="{escape(words)}" src="data:image/png;base64,{data}">'


def key(entries: Sequence[tuple[str, str]]) -> str:
    """What each colour stands for: (colour, words)."""
    inner = "".join(
        f'<span><i style="background:{colour}"></i>{escape(words)}</span>' for colour, words in entries
    )
    return f'<div class="key">{inner}</div>'
