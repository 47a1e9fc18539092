"""Which texts are likely to share most of their words: MinHash in bands, as arrays.

Broder 1997, "On the resemblance and containment of documents". Two texts that agree in a band
are worth comparing. A text of few words has no bands: its row is zeros.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zlib import crc32

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.uint64]
    """A row for each text, a column for each band."""

FEWEST = 4
"""Words below which texts are not compared."""

BANDS, ROWS = 8, 2


@lru_cache(maxsize=1)
def _odd() -> Any:
    import numpy as np

    factors = range(1, BANDS * ROWS + 3)
    return np.array([(0x9E3779B97F4A7C15 * (2 * n + 1)) % 2**64 | 1 for n in factors], np.uint64)


def sketched(texts: Sequence[frozenset[str]]) -> Matrix:
    """Return the bands of each text."""
    import numpy as np

    long = [index for index, text in enumerate(texts) if len(text) >= FEWEST]
    made = np.zeros((len(texts), BANDS), np.uint64)
    if not long:
        return made
    codes = [
        np.fromiter((crc32(w.encode("utf-8", "replace")) for w in texts[i]), np.uint64)
        for i in long
    ]
    flat, odd = np.concatenate(codes), _odd()
    starts = np.cumsum([0, *(code.size for code in codes[:-1])])
    for band in range(BANDS):
        key = np.zeros(len(long), np.uint64)
        for part in range(ROWS):
            factor = odd[band * ROWS + part]
            mixed = (flat + np.uint64(1)) * factor
            mixed ^= mixed >> np.uint64(29)
            mixed *= odd[-1]
            mixed ^= mixed >> np.uint64(32)
            key = key * odd[-2] + np.minimum.reduceat(mixed, starts)
        made[long, band] = key
    return made


def to_bytes(matrix: Matrix) -> bytes:
    """Return bands as they are kept, the lowest byte first."""
    return matrix.astype("<u8").tobytes()


def from_bytes(data: bytes) -> Matrix:
    """Read bands back.

    Raises:
        ValueError: the bytes are not rows of bands.

    """
    import numpy as np

    return np.frombuffer(data, "<u8").reshape(-1, BANDS)


class Bands:
    """The texts of a catalogue by their bands; a text is known by its place."""

    def __init__(self, matrix: Matrix) -> None:
        import numpy as np

        places = np.flatnonzero(matrix.any(axis=1))
        self._orders: list[Any] = []
        self._values: list[Any] = []
        self._starts: list[list[int]] = []
        self._ends: list[list[int]] = []
        for band in range(BANDS):
            values = matrix[places, band]
            order = np.argsort(values, kind="stable")  # within a group, places ascend
            ordered = values[order]
            starts = np.zeros(len(matrix), np.int64)
            ends = np.zeros(len(matrix), np.int64)
            starts[places] = np.searchsorted(ordered, values, "left")
            ends[places] = np.searchsorted(ordered, values, "right")
            self._orders.append(places[order])
            self._values.append(ordered)
            self._starts.append(starts.tolist())
            self._ends.append(ends.tolist())

    def beside(self, place: int, most: int) -> Iterator[list[int]]:
        """Yield the first places of each group that a text is in."""
        for order, starts, ends in zip(self._orders, self._starts, self._ends, strict=True):
            start, end = starts[place], ends[place]
            if end - start == 1:
                yield [place]
            elif end > start:
                yield order[start : min(end, start + most)].tolist()

    def sharing(self, bands: Matrix) -> set[int]:
        """Return the places of all texts that agree with one of these in a band."""
        import numpy as np

        found: set[int] = set()
        wanted = bands[bands.any(axis=1)]
        for band, (order, values) in enumerate(zip(self._orders, self._values, strict=True)):
            starts = np.searchsorted(values, wanted[:, band], "left").tolist()
            ends = np.searchsorted(values, wanted[:, band], "right").tolist()
            for start, end in zip(starts, ends, strict=True):
                found.update(order[start:end].tolist())
        return found
