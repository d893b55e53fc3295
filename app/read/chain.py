"""The list of pages (IFDs) of a TIFF, walked once before anyone follows it: a circle would never end."""

from __future__ import annotations

import os
import struct

from .limits import Limits


def check_chain(descriptor: int, size: int, limits: Limits) -> None:
    """Raises ValueError where pages follow each other in a circle or are absurdly many; other faults pass."""
    head = os.pread(descriptor, 16, 0)
    order = "<" if head[:2] == b"II" else ">"
    big = head[2:4] in (b"+\0", b"\0+")
    count, entry = ("Q", 20) if big else ("H", 12)
    following = "Q" if big or size >= 1 << 32 else "I"  # NDPI has long offsets in the classic form
    width = struct.calcsize(order + count)
    seen: set[int] = set()
    try:
        (at,) = struct.unpack_from(order + ("Q" if big else "I"), head, 8 if big else 4)
        while 0 < at < size:
            if at in seen:
                raise ValueError("its pages follow each other in a circle")
            if len(seen) == limits.pages:
                raise ValueError(f"it lists more than {limits.pages} pages")
            seen.add(at)
            (entries,) = struct.unpack(order + count, os.pread(descriptor, width, at))
            at += width + entry * entries
            if at >= size:
                return
            (at,) = struct.unpack(order + following, os.pread(descriptor, struct.calcsize(following), at))
    except struct.error:
        return  # the list ends with the file; the reader takes what came before
