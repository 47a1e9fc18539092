"""Convolutions over the words of a definition, at run time: whole numbers, so exact on every machine.

Every word is a short vector. Two layers each look at a word and its two neighbours; of every unit the
strongest answer in a part of the definition (name, description, parameters, what is around) is kept,
and two dense layers weigh those. All weights and all that passes from one layer to the next are whole
numbers, small enough that no sum leaves what a float of 32 bits holds exactly: the order in which a
library adds makes no difference, nor do the definitions that are scored at the same time.

NumPy is imported with the first definition that is scored: where people have read all of them, nobody
waits for it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib import import_module
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, NamedTuple

from classifier.errors import DataError
from classifier.model.tokens import PART_OF, PARTS, PLACES, Tokens

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Ints = NDArray[np.int32]

FILES = ("words.txt", "convolution.bin")
APART, UNKNOWN, FIRST_WORD = 0, 1, 2
"""Rows of the table of words: what stands between definitions, words never learned, the first learned."""
LARGEST = 127
"""Of a weight, either way."""
STRONGEST = 255
"""Of what one layer hands to the next."""
EXACT = 1 << 24
"""What sums of whole numbers must stay below to be exact in 32 bits."""
_AT_ONCE = 6144
"""Words that are worked on together: what they need stays in the processor's cache."""


class Layer(NamedTuple):
    """One layer: weights and biases, whole numbers; and what turns a sum into what is handed on."""

    weights: Floats  # what comes in x units
    bias: Floats
    scale: Floats  # a power of two for each unit


class Convolution(NamedTuple):
    """The network; its arrays hold whole numbers."""

    words: dict[str, int]
    table: NDArray[np.int8]  # a row a word
    places: Floats  # a row a place, and one of nothing for what stands between definitions
    near: Layer
    wide: Layer
    dense: Layer
    last: Layer

    def scores(self, given: Sequence[Tokens]) -> list[list[float]]:
        """Return what is said of every output, a list a definition, in order."""
        return [row for some in _some(given) for row in self._scored(some)]

    @property
    def network(self) -> Convolution:
        """This one; what is read late has it as well."""
        return self

    def answers(self, given: Tokens) -> Floats:
        """Return the answers of all units of the second layer to one definition, a row a word."""
        return self._answered([given])[0][1:-1]

    def _scored(self, given: Sequence[Tokens]) -> list[list[float]]:
        import numpy as np

        answers, places = self._answered(given)
        dense = _passed(_strongest(answers, places, len(given)), self.dense)
        said = (dense @ self.last.weights + self.last.bias).astype(np.float64) * self.last.scale
        result: list[list[float]] = said.tolist()
        return result

    def _answered(self, given: Sequence[Tokens]) -> tuple[Floats, Any]:
        """Return the answers of the second layer, definitions one after the other, and where each word stands."""
        import numpy as np

        known = self.words.get
        gap = (APART,)
        ids = np.fromiter(
            chain(gap, *[(*map(known, one.words, repeat(UNKNOWN)), APART) for one in given]),
            np.int32,
        )
        places = np.frombuffer(
            b"".join([_GAP, *[part for one in given for part in (one.places, _GAP)]]), np.uint8
        )
        inside = (places != PLACES).astype(np.float32)[:, None]
        rows = (
            self.table[ids] + self.places[places]
        )  # whole numbers of 8 bits and of 32: no overflow
        near = _passed(windows(rows), self.near) * inside
        return near + _passed(windows(near), self.wide) * inside, places


_GAP = bytes((PLACES,))


def _some(given: Sequence[Tokens]) -> Iterator[Sequence[Tokens]]:
    """Yield the definitions in groups of about so many words."""
    start = count = 0
    for end, one in enumerate(given, 1):
        count += len(one.words)
        if count >= _AT_ONCE or end == len(given):
            yield given[start:end]
            start, count = end, 0


def windows(rows: Any) -> Any:
    """Return each row with the ones before and after it beside it; nothing beyond the ends."""
    import numpy as np

    width = rows.shape[1]
    found = np.zeros((len(rows), 3 * width), rows.dtype)
    found[1:, :width] = rows[:-1]
    found[:, width : 2 * width] = rows
    found[:-1, 2 * width :] = rows[1:]
    return found


def _passed(given: Floats, layer: Layer) -> Floats:
    """Return what a layer hands to the next: whole numbers from 0 to `STRONGEST`."""
    import numpy as np

    found = given @ layer.weights
    found += layer.bias
    found *= layer.scale
    np.rint(found, out=found)
    return np.clip(found, 0, STRONGEST, out=found)


def _strongest(rows: Floats, places: Any, count: int) -> Floats:
    """Return the strongest of every unit in every part of each definition, a row a definition."""
    import numpy as np

    starts, owners = segments(places)
    found = np.zeros((count * PARTS, rows.shape[1]), np.float32)
    found[owners] = np.maximum.reduceat(rows, starts, axis=0) if len(starts) else 0
    return found.reshape(count, -1)


def segments(places: Any) -> tuple[Any, Any]:
    """Return where the parts of definitions begin, and of which each is: definition times `PARTS` and part.

    A part ends where the next begins; what stands between two definitions, all 0, counts to the one before.
    """
    import numpy as np

    parts = np.array((*PART_OF, PARTS), np.int32)[places]
    owner = (np.cumsum(places == PLACES) - 1) * PARTS + parts
    starts = np.flatnonzero((np.diff(parts, prepend=PARTS) != 0) & (parts < PARTS))
    return starts, owner[starts]


class Late:
    """The network of a model directory, read with the first definition that is scored."""

    def __init__(self, directory: Path, config: dict[str, Any]) -> None:
        self._directory, self._config = directory, config

    @cached_property
    def network(self) -> Convolution:
        """The network.

        Raises:
            DataError: its files cannot be read, or do not fit each other.

        """
        _import_with_one_thread()
        words, data = (_read(self._directory / name) for name in FILES)
        return load(self._config, words.decode().split("\n")[:-1], data)

    def scores(self, given: Sequence[Tokens]) -> list[list[float]]:
        """Return what the network says."""
        return self.network.scores(given)


_THREADS = "OPENBLAS_NUM_THREADS"


def _import_with_one_thread() -> None:
    """Import NumPy, its products of matrices in one thread unless the user has said otherwise.

    The matrices are small: a second thread takes more time of the processor than it saves.
    """
    if "numpy" in sys.modules or _THREADS in os.environ:
        return
    os.environ[_THREADS] = "1"  # the library looks once, when it is loaded
    try:
        import_module("numpy")
    finally:
        del os.environ[_THREADS]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as cause:
        raise DataError(f"model: {cause}; rebuild it with `toolrisk train`") from cause


def load(config: dict[str, Any], words: Sequence[str], data: bytes) -> Convolution:
    """Put the network together from what `config.json` says of it and its two files.

    Raises:
        DataError: they do not fit each other.

    """
    import numpy as np

    width = config["width"]
    shapes = _shapes(config)
    table = (FIRST_WORD + len(words), width)
    sizes = [table[0] * width, PLACES * width, *[a * b for a, b in shapes]]
    if len(data) != sum(sizes):
        raise DataError(f"model: {FILES[1]} does not fit; rebuild it with `toolrisk train`")
    ends = np.cumsum(sizes)
    flat = np.frombuffer(data, np.int8)
    parts = [flat[end - size : end] for end, size in zip(ends, sizes, strict=True)]
    given = zip(parts[2:], shapes, config["biases"], config["scales"], strict=True)
    near, wide, dense, last = (
        Layer(
            part.reshape(shape).astype(np.float32),
            np.array(bias, np.float32),
            np.array(scale, np.float32),
        )
        for part, shape, bias, scale in given
    )
    places = parts[1].reshape(PLACES, width).astype(np.float32)
    return Convolution(
        words=dict(zip(words, range(FIRST_WORD, table[0]), strict=True)),
        table=parts[0].reshape(table),
        places=np.vstack([places, np.zeros((1, width), np.float32)]),
        near=near,
        wide=wide,
        dense=dense,
        last=last,
    )


def _shapes(config: dict[str, Any]) -> tuple[tuple[int, int], ...]:
    width, units, dense, outputs = (config[key] for key in ("width", "units", "dense", "outputs"))
    return (3 * width, units), (3 * units, units), (PARTS * units, dense), (dense, outputs)
