"""Intensities to 8-bit steps, as the published models saw them.

Published MEDIAR transforms: `np.percentile` (0, 99.5) of the non-zero values of
all channels together, then `skimage.exposure.rescale_intensity` to uint8. Here
the percentiles come from counts of digits, so that an image may be read in
pieces and the result is still the exact one.

    values ──> keys: unsigned, of the same order ──> digits of 16 bits
    pass 1 counts the first digit of all values; each further pass counts the
    next digit of those that share the digits found so far. 8- and 16-bit data
    need one pass, 32-bit two, 64-bit four.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

UPPER = 0.995  # quantile of the non-zero values that becomes 255; the smallest becomes 0
CHUNK = 1 << 20  # values counted at once, so that temporaries stay in the cache

Chunks = Callable[[], Iterable[NDArray[np.generic]]]


@dataclass(frozen=True)
class Scale:
    """The two intensities that become 0 and 255."""

    low: float
    high: float

    def apply(self, raw: NDArray[np.generic]) -> NDArray[np.uint8]:
        """Finite `raw` of any shape → uint8 of the same shape; what lies between is cut to whole steps."""
        raw = countable(raw)
        if raw.dtype.itemsize > 2:
            return self.steps(raw)
        codes = np.dtype(f"u{raw.dtype.itemsize}")
        every = np.arange(np.iinfo(codes).max + 1, dtype=codes).view(raw.dtype)
        return self.steps(finite(every))[raw.view(codes)]

    def steps(self, values: NDArray[np.generic]) -> NDArray[np.uint8]:
        """The arithmetic of `rescale_intensity`: single precision for float32, double for the rest."""
        if self.high <= self.low:
            return np.zeros(values.shape, np.uint8)
        exact = values if values.dtype == np.float32 else values.astype(np.float64)
        clipped = np.clip(exact, self.low, self.high)
        clipped -= self.low
        clipped /= self.high - self.low
        clipped *= 255
        return clipped.astype(np.uint8)


def normalise(raw: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Any real `raw` → uint8 of the same shape; divided by 255 it is what the network sees.

    A constant image becomes 0 everywhere. Values that are not finite count as 0.
    """
    real = finite(countable(raw))
    return find_scale(lambda: pieces(real), real.dtype).apply(real)


def find_scale(chunks: Chunks, dtype: np.dtype[np.generic]) -> Scale:
    """The scale of all values of `chunks()`, which is called once per 16 bits of `dtype`.

    Where the percentiles coincide, as in a mask of 0 and one other value, the
    image's own extremes (zeros included) take their place.
    """
    count, zeros, tables = count_first_digits(chunks, dtype)
    if count == 0:
        return Scale(0, 0)
    position = (count - 1) * UPPER
    below = int(position)
    ranks = [0, below, min(below + 1, count - 1), count - 1]
    smallest, lower, upper, largest = order_statistics(chunks, dtype, tables, ranks)
    low, high = float(smallest), interpolate(lower, upper, position - below)
    if low == high and zeros:
        low = min(low, 0.0)
        high = max(high, 0.0)
    if low == high:
        high = float(largest)
    return Scale(low, high)


def interpolate(lower: np.generic, upper: np.generic, share: float) -> float:
    """Between two neighbours, in the order of operations of `np.percentile`."""
    gap = float(upper) - float(lower)
    return float(upper) - gap * (1 - share) if share >= 0.5 else float(lower) + gap * share


def count_first_digits(chunks: Chunks, dtype: np.dtype[np.generic]) -> tuple[int, int, NDArray[np.int64]]:
    """Number of non-zero values, of zeros, and how often each first digit occurs among the former."""
    width = digit_bits(dtype)
    shift = np.dtype(f"u{dtype.itemsize}").type(8 * dtype.itemsize - width)
    table = np.zeros(1 << width, np.int64)
    seen = 0
    for chunk in chunks():
        seen += chunk.size
        codes = keys(chunk if shift == 0 else chunk[chunk != 0]) >> shift
        table += np.bincount(codes.astype(np.intp), minlength=table.size)
    if shift == 0:  # one digit is the whole value: zeros leave the table at once, and not each chunk
        table[keys(np.array([0, -0.0], np.float64).astype(dtype))] = 0
    count = int(table.sum())
    return count, seen - count, table


def order_statistics(
    chunks: Chunks, dtype: np.dtype[np.generic], table: NDArray[np.int64], ranks: list[int]
) -> list[np.generic]:
    """The values at `ranks` (0 is the smallest) of the sorted non-zero values."""
    width = digit_bits(dtype)
    unsigned = np.dtype(f"u{dtype.itemsize}")
    found = []
    left = []
    for rank in ranks:
        digit, rest = locate(table, rank)
        found.append(digit)
        left.append(rest)
    for shift in range(8 * dtype.itemsize - 2 * width, -1, -width):
        counts = {prefix: np.zeros(1 << width, np.int64) for prefix in found}
        for chunk in chunks():
            codes = keys(chunk[chunk != 0])
            heads = codes >> unsigned.type(shift + width)
            for prefix, count in counts.items():
                inside = (codes[heads == prefix] >> unsigned.type(shift)) & unsigned.type((1 << width) - 1)
                count += np.bincount(inside.astype(np.int64), minlength=count.size)
        for i, (prefix, rest) in enumerate(zip(found, left, strict=True)):
            digit, left[i] = locate(counts[prefix], rest)
            found[i] = prefix << width | digit
    return list(unkeys(np.array(found, unsigned), dtype))


def locate(table: NDArray[np.int64], rank: int) -> tuple[int, int]:
    """The digit that holds the value of this rank, and the rank within that digit."""
    ends = np.cumsum(table)
    digit = int(np.searchsorted(ends, rank, side="right"))
    return digit, rank - int(ends[digit] - table[digit])


def digit_bits(dtype: np.dtype[np.generic]) -> int:
    return min(8 * dtype.itemsize, 16)


def keys(values: NDArray[np.generic]) -> NDArray[np.unsignedinteger]:
    """Unsigned integers of the same width that sort as the values do."""
    codes = values.view(f"u{values.dtype.itemsize}")
    sign = codes.dtype.type(1 << (8 * codes.dtype.itemsize - 1))
    if values.dtype.kind == "f":
        return np.where(codes & sign, ~codes, codes | sign)
    return codes ^ sign if values.dtype.kind == "i" else codes


def unkeys(codes: NDArray[np.unsignedinteger], dtype: np.dtype[np.generic]) -> NDArray[np.generic]:
    """The inverse of `keys`."""
    sign = codes.dtype.type(1 << (8 * codes.dtype.itemsize - 1))
    if dtype.kind == "f":
        codes = np.where(codes & sign, codes ^ sign, ~codes)
    elif dtype.kind == "i":
        codes = codes ^ sign
    return codes.view(dtype)


def pieces(values: NDArray[np.generic]) -> Iterator[NDArray[np.generic]]:
    flat = values.reshape(-1)
    for start in range(0, flat.size, CHUNK):
        yield flat[start : start + CHUNK]


def countable(raw: NDArray[np.generic]) -> NDArray[np.generic]:
    """Native byte order, contiguous, truth values as 0 and 1; raises ValueError where not real numbers."""
    if raw.dtype.kind not in "buif" or raw.dtype.itemsize > 8:
        raise ValueError(f"intensities must be real numbers of up to 64 bits, found {raw.dtype}")
    dtype = np.uint8 if raw.dtype.kind == "b" else raw.dtype.newbyteorder("=")
    return np.ascontiguousarray(raw, dtype).reshape(raw.shape)


def finite(values: NDArray[np.generic]) -> NDArray[np.generic]:
    """Floats that are not finite, or so large that a difference is not, become 0; else the same array."""
    if values.dtype.kind != "f":
        return values
    with np.errstate(invalid="ignore"):
        # half precision is computed in double, where nothing overflows
        room = 1 if values.dtype.itemsize == 2 else 8
        good = np.abs(values) <= np.finfo(values.dtype.char).max / room
    return values if good.all() else np.where(good, values, values.dtype.type(0))
