"""Images of a split that stand for all its sets."""

from __future__ import annotations

from collections import Counter

from training.data import Pair


def spread(pairs: list[Pair], count: int) -> list[Pair]:
    """`count` pairs: one of each set in turn while it has more, evenly through the set."""
    sets: dict[str, list[Pair]] = {}
    for pair in pairs:
        sets.setdefault(pair.set, []).append(pair)
    turns = sorted((turn, name) for name, members in sets.items() for turn in range(len(members)))
    shares = Counter(name for _, name in turns[:count])
    return [sets[name][i * len(sets[name]) // share] for name, share in shares.items() for i in range(share)]
