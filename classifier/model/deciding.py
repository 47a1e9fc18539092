"""Which words the convolutions went by when they spoke for an output.

Of every unit only the strongest answer in a part of the definition is weighed, so each number that the dense
layers get comes from one place in the text. What it adds to an output, by the slopes of these layers where
they stand, is put down to the word in the middle there. All numbers are whole, or whole times a power of two:
sums of 64 bits are exact, and the same on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from classifier.model.convolution import Convolution, Late
from classifier.model.tokens import NAME, PARAMETER, PART_OF, PARTS, TEXT, VALUE, Tokens

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SHARE = 0.2
"""Of what the heaviest word adds: what is lighter decided nothing."""
_SHOWN = frozenset((NAME, TEXT, PARAMETER, VALUE))
"""Places in the definition itself; the server's texts and rules that hold are told of elsewhere."""


def heaviest(given: Convolution | Late, tokens: Tokens, column: int) -> Iterator[tuple[int, str]]:
    """Yield (place, word) of what speaks for an output, the heaviest first, each once."""
    if not tokens.words:
        return
    import numpy as np

    added = _added(given.network, tokens, column)
    shown = np.isin(np.frombuffer(tokens.places, np.uint8), list(_SHOWN))
    least = _SHARE * added.max(initial=0.0, where=shown)
    told: set[tuple[int, str]] = set()
    for at in np.argsort(-added, kind="stable").tolist():
        one = tokens.places[at], tokens.words[at]
        if added[at] <= 0 or added[at] < least:
            return
        if shown[at] and one not in told:
            told.add(one)
            yield one


def _added(network: Convolution, tokens: Tokens, column: int) -> NDArray[np.float64]:
    """Return what each word adds to an output."""
    import numpy as np

    found = np.zeros(len(tokens.words))
    answers = network.answers(tokens)
    parts = np.array(PART_OF)[np.frombuffer(tokens.places, np.uint8)]
    strongest = np.zeros((PARTS, answers.shape[1]), np.float32)
    where = np.zeros(strongest.shape, np.int64)
    for part in range(PARTS):
        rows = np.flatnonzero(parts == part)
        if len(rows):
            where[part] = rows[answers[rows].argmax(axis=0)]
            strongest[part] = answers[rows].max(axis=0)
    dense, last = network.dense, network.last
    awake = (strongest.reshape(-1) @ dense.weights + dense.bias) > 0
    slopes = last.weights[:, column].astype(np.float64) * awake * dense.scale
    each = strongest * (dense.weights.astype(np.float64) @ slopes).reshape(strongest.shape)
    np.add.at(found, where, each)
    return found
