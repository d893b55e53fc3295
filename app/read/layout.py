"""Which dimension of a file is what: rows, columns, channels, and the planes to choose from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from .opening import unreadable

UNNAMED = "IQ"  # tifffile's letters for pages and for dimensions that no metadata names
NAMES = {"Z": "depth", "T": "time", "I": "pages", "Q": "unnamed", "R": "repetition", "P": "position"}


@dataclass(frozen=True)
class Layout:
    """The dimensions of one image series, named.

    `leading` are the dimensions that run over pages, in the file's order;
    `channel` is the position among them of the one that holds channels, or -1.
    """

    axes: str
    shape: tuple[int, ...]
    height: int
    width: int
    leading: tuple[int, ...]
    channel: int
    guessed: bool = False  # pages were taken as channels because there are 2 to 4 of them
    last: int = 0  # channels in the last dimension, where each page holds one row of the image

    @property
    def planes(self) -> int:
        """How many images there are to choose from."""
        return math.prod(n for i, n in enumerate(self.leading) if i != self.channel)

    def pages(self, plane: int) -> list[int]:
        """The pages that make up one plane, one per channel dimension."""
        index = []
        for i in reversed(range(len(self.leading))):
            if i == self.channel:
                index.append(0)
            else:
                plane, digit = divmod(plane, self.leading[i])
                index.append(digit)
        index.reverse()
        pages = []
        for c in range(self.leading[self.channel] if self.channel >= 0 else 1):
            if self.channel >= 0:
                index[self.channel] = c
            page = 0
            for length, digit in zip(self.leading, index, strict=True):
                page = page * length + digit
            pages.append(page)
        return pages

    def stack(self) -> str:
        """The dimensions to choose from with their lengths, e.g. 'T (time) 3, Z (depth) 5'."""
        chosen = [i for i, length in enumerate(self.leading) if i != self.channel and length > 1]
        names = {i: NAMES.get(self.axes[i], "other") for i in chosen}
        return ", ".join(f"{self.axes[i]} ({names[i]}) {self.leading[i]}" for i in chosen)


def lay_out(axes: str, shape: tuple[int, ...], page_axes: str, *, by_page: bool) -> Layout:
    """Names the dimensions of a series whose pages hold `page_axes`.

    The channel dimension is C where the file names it; else 2 to 4 unnamed
    pages of a gray image wider than that are channels, and so are 2 to 4 unnamed
    columns of more pages, unless one page is asked for (`by_page`).

    Raises ValueError where pages and series do not fit.
    """
    if not axes.endswith(page_axes) or "Y" not in page_axes or "X" not in page_axes:
        raise ValueError(f"its dimensions {axes} can't be told apart")
    split = len(axes) - len(page_axes)
    leading = shape[:split]
    sizes = dict(zip(page_axes, shape[split:], strict=True))
    channel = axes[:split].find("C")
    if split == 1 and axes[0] in UNNAMED and "S" not in sizes and not by_page:
        first, last = leading[0], sizes["X"]
        if 2 <= first <= 4 < last:
            return Layout(axes, shape, sizes["Y"], sizes["X"], leading, 0, guessed=True)
        if 2 <= last <= 4 < first:
            return Layout(axes, shape, first, sizes["Y"], (), -1, last=last)
    return Layout(axes, shape, sizes["Y"], sizes["X"], leading, channel)


def choose_plane(path: Path, layouts: list[Layout], page: int | None) -> tuple[int, int]:
    """Series and plane within it; raises ReadError where there are several and none is chosen."""
    total = sum(layout.planes for layout in layouts)
    if page is None and total > 1:
        todo = f"choose one of its {total} planes with --page N (0 to {total - 1})"
        if len(layouts) == 1:
            what = f"is a stack with axes {layouts[0].axes}: {layouts[0].stack()}"
            todo += ", or take all with --stack z or t"
        else:
            shapes = ", ".join(f"{one.axes} {' × '.join(map(str, one.shape))}" for one in layouts[:4])
            what = f"holds {len(layouts)} images: {shapes}" + (", ..." if len(layouts) > 4 else "")
        raise unreadable(path, what, todo)
    left = page or 0
    if not 0 <= left < total:
        todo = f"choose --page N from 0 to {total - 1}" if total > 1 else "leave out --page"
        raise unreadable(path, f"has no page {page}, it holds {total}", todo)
    index = 0
    while left >= layouts[index].planes:
        left -= layouts[index].planes
        index += 1
    return index, left
