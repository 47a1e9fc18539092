"""Training of the convolutions, with NumPy; never imported at run time.

What scikit-learn has no network for: gradients by hand, checked against differences in the tests. All
outputs are learned at once, by Adam (Kingma and Ba 2015, arXiv:1412.6980) at a rate that falls as a
cosine. While it learns, words are replaced by the unknown one, and parts of what passes from layer to
layer are hidden (dropout), others each time. In the end everything is made whole numbers, and all that
is fitted on its scores (calibration, thresholds) is fitted on those of the whole numbers.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from classifier.model.convolution import (
    APART,
    EXACT,
    FIRST_WORD,
    LARGEST,
    STRONGEST,
    UNKNOWN,
    Convolution,
    load,
    segments,
    windows,
)
from classifier.model.tokens import PARTS, PLACES, Tokens

Floats = npt.NDArray[Any]  # of 32 bits; the stubs lose that on the way
Ints = npt.NDArray[np.int64]
Numbers = dict[str, Floats]

WIDTH, UNITS, DENSE = 64, 96, 128
_LEAST = 3  # definitions that a word must stand in
_PASSES = 8
_LEAST_STEPS = 400
"""Where labels are few, there are more passes."""
_BATCH, _SMALLEST = 384, 16
_RATE, _WARM = 3e-3, 200
_REPLACED, _HIDDEN, _DROPPED = 0.15, 0.15, 0.3
"""Words that are replaced, numbers of word vectors that are hidden, and answers that are."""
_SIGNALS = 0.5
"""What a signal counts beside category and risk."""
_MOMENTUM, _SPREAD, _TINY = 0.9, 0.999, 1e-8
_TRIED = 4096
"""Definitions by whose answers the steps of whole numbers are chosen."""
_AT_ONCE = 256


class Fit(NamedTuple):
    """The network at work, and what is written of it."""

    network: Convolution
    config: dict[str, Any]
    words: list[str]
    data: bytes


class Batch(NamedTuple):
    """Definitions one after the other, as rows of the table of words."""

    ids: Ints
    places: npt.NDArray[np.uint8]
    size: int
    starts: Ints
    owners: Ints


def fit_convolution(
    tokens: Sequence[Tokens], targets: npt.NDArray[np.int64], weight: npt.NDArray[np.float64],
    groups: tuple[int, int],
) -> Fit:  # fmt: skip
    """Fit the network; `targets` say yes or no, a column an output.

    `groups` are how many of the first columns exclude each other (categories), and of the next (levels);
    the others are independent.
    """
    counts = Counter(word for one in tokens for word in set(one.words))
    words = sorted(word for word, count in counts.items() if count >= _LEAST)
    index = {word: row for row, word in enumerate(words, FIRST_WORD)}
    rows = [
        np.fromiter((index.get(word, UNKNOWN) for word in one.words), np.int32) for one in tokens
    ]
    places = [np.frombuffer(one.places, np.uint8) for one in tokens]
    chance = np.random.RandomState(0)
    with threadpool_limits(1):  # sums in threads end elsewhere, and so would the fit
        learner = Learner(chance, FIRST_WORD + len(words), targets.shape[1], groups)
        learner.learn(rows, places, targets.astype(np.float32), weight / weight.mean())
        some = chance.permutation(len(rows))[:_TRIED]
        whole = _Whole(learner.numbers)
        for part in _parts(some, _AT_ONCE):
            whole.watch(batch_of([rows[i] for i in part], [places[i] for i in part]))
        config, data = whole.packed()
        return Fit(load(config, words, data), config, words, data)


def _parts(rows: Ints, size: int) -> Iterator[Ints]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def batch_of(rows: Sequence[Any], places: Sequence[Any]) -> Batch:
    """Put definitions one after the other, with nothing between them."""
    gap, nowhere = np.array([APART], np.int64), np.array([PLACES], np.uint8)
    ids = np.concatenate([gap, *[part for one in rows for part in (one, gap)]])
    where = np.concatenate([nowhere, *[part for one in places for part in (one, nowhere)]])
    return Batch(ids, where, len(rows), *segments(where))


class Learner:
    """The network while it learns: numbers, and the moments of their gradients."""

    def __init__(
        self, chance: np.random.RandomState, words: int, outputs: int, groups: tuple[int, int]
    ) -> None:
        self._chance, self._groups = chance, groups
        shapes = {"near": (3 * WIDTH, UNITS), "wide": (3 * UNITS, UNITS), "dense": (PARTS * UNITS, DENSE), "last": (DENSE, outputs)}  # fmt: skip
        gains = {"near": 1.4, "wide": 0.7, "dense": 1.4, "last": 1.0}
        numbers = {
            "table": 0.1 * chance.randn(words, WIDTH),
            "places": 0.1 * chance.randn(PLACES + 1, WIDTH),
        }
        for name, shape in shapes.items():
            numbers[name] = gains[name] * chance.randn(*shape) / np.sqrt(shape[0])
            numbers[name + "_bias"] = np.zeros(shape[1])
        numbers["table"][APART] = numbers["places"][PLACES] = 0.0
        self.numbers: Numbers = {name: value.astype(np.float32) for name, value in numbers.items()}
        self._first = {name: np.zeros_like(value) for name, value in self.numbers.items()}
        self._second = {name: np.zeros_like(value) for name, value in self.numbers.items()}
        self._steps = 0

    def learn(
        self, rows: Sequence[Any], places: Sequence[Any], targets: Floats,
        weight: npt.NDArray[np.float64],
    ) -> None:  # fmt: skip
        """Go through the definitions, in another order each time."""
        size = max(min(_BATCH, len(rows) // 64), min(_SMALLEST, len(rows)))
        batches = len(rows) // size
        passes = max(_PASSES, -(-_LEAST_STEPS // batches))
        total = passes * batches
        counted = weight.astype(np.float32)
        for _ in range(passes):
            order = self._chance.permutation(len(rows))
            for part in _parts(order[: batches * size], size):
                batch = batch_of([rows[i] for i in part], [places[i] for i in part])
                found = self.gradients(batch, targets[part], counted[part], self._dropout(batch))
                falling = 0.5 + 0.5 * np.cos(np.pi * self._steps / total)
                self._step(found, _RATE * falling * min(1.0, (self._steps + 1) / _WARM))

    def _dropout(self, batch: Batch) -> dict[str, Any]:
        """Return what is hidden this time."""

        def kept(rows: int, columns: int, share: float) -> Floats:
            return (self._chance.random_sample((rows, columns)) >= share) / np.float32(1 - share)

        return {
            "replaced": self._chance.random_sample(len(batch.ids)) < _REPLACED,
            "rows": kept(len(batch.ids), WIDTH, _HIDDEN),
            "strongest": kept(batch.size, PARTS * UNITS, _DROPPED),
            "dense": kept(batch.size, DENSE, _DROPPED),
        }

    def gradients(
        self, batch: Batch, targets: Floats, weight: Floats, kept: dict[str, Any]
    ) -> dict[str, Any]:
        """Return the gradients of the loss, that of the table of words by the rows that are touched."""
        numbers = self.numbers
        ids = np.where(kept["replaced"] & (batch.ids != APART), UNKNOWN, batch.ids)
        batch = batch._replace(ids=ids)
        seen = forward(numbers, batch, kept)
        slope = (self._likely(seen["said"]) - targets) * (weight / batch.size)[:, None]
        slope[:, sum(self._groups) :] *= np.float32(_SIGNALS)
        found: dict[str, Any] = _of_layer(seen["dense"], slope, "last")
        slope = slope @ numbers["last"].T * kept["dense"] * (seen["dense"] > 0)
        found |= _of_layer(seen["strongest"], slope, "dense")
        slope = (slope @ numbers["dense"].T * kept["strongest"]).reshape(-1, UNITS)[batch.owners]
        slope = _to_strongest(slope, seen["both"], seen["top"], batch.starts)
        wide = slope * (seen["wide"] > 0)
        found |= _of_layer(seen["near windows"], wide, "wide")
        slope = (slope + _unwound(wide @ numbers["wide"].T)) * (seen["near"] > 0)
        found |= _of_layer(seen["windows"], slope, "near")
        slope = _unwound(slope @ numbers["near"].T) * kept["rows"] * seen["inside"]
        found["places"] = _summed(batch.places.astype(np.int64), slope, PLACES + 1)
        touched, inverse = np.unique(ids, return_inverse=True)
        found["table"] = touched, _summed(inverse, slope, len(touched))
        return found

    def _likely(self, said: Floats) -> Floats:
        first, second = self._groups
        parts = [said[:, :first], said[:, first : first + second]]
        rest = 0.5 + 0.5 * np.tanh(0.5 * said[:, first + second :])
        return np.hstack([*map(_shares, parts), rest])

    def loss(self, batch: Batch, targets: Floats, weight: Floats, kept: dict[str, Any]) -> float:
        """Return what is learned to be small: the mean surprise at the labels, in nats."""
        likely = self._likely(forward(self.numbers, batch, kept)["said"]).astype(np.float64)
        both = sum(self._groups)
        surprise = -(targets[:, :both] * np.log(likely[:, :both])).sum(axis=1)
        rest, yes = likely[:, both:], targets[:, both:]
        surprise -= _SIGNALS * (yes * np.log(rest) + (1 - yes) * np.log(1 - rest)).sum(axis=1)
        return float((surprise * weight).mean())

    def _step(self, found: dict[str, Any], rate: float) -> None:
        """Go one step down; of the table of words, in the rows that were touched."""
        self._steps += 1
        rate *= np.sqrt(1 - _SPREAD**self._steps) / (1 - _MOMENTUM**self._steps)
        for name, gradient in found.items():
            rows, slope = gradient if isinstance(gradient, tuple) else (slice(None), gradient)
            first = self._first[name][rows] * np.float32(_MOMENTUM)
            first += slope * np.float32(1 - _MOMENTUM)
            second = self._second[name][rows] * np.float32(_SPREAD)
            second += slope * slope * np.float32(1 - _SPREAD)
            self._first[name][rows], self._second[name][rows] = first, second
            self.numbers[name][rows] -= (
                np.float32(rate) * first / (np.sqrt(second) + np.float32(_TINY))
            )
        self.numbers["table"][APART] = self.numbers["places"][PLACES] = 0.0


def forward(numbers: Numbers, batch: Batch, kept: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return what every layer says of a batch, all as fractions; `kept` is what is not hidden."""
    inside = (batch.places != PLACES).astype(np.float32)[:, None]
    rows = (numbers["table"][batch.ids] + numbers["places"][batch.places]) * inside
    rows = rows * kept["rows"] if kept else rows
    seen: dict[str, Any] = {"inside": inside, "windows": windows(rows)}
    seen["near"] = _answers(seen["windows"], numbers, "near") * inside
    seen["near windows"] = windows(seen["near"])
    seen["wide"] = _answers(seen["near windows"], numbers, "wide") * inside
    seen["both"] = seen["near"] + seen["wide"]
    seen["top"] = np.maximum.reduceat(seen["both"], batch.starts, axis=0)
    strongest = np.zeros((batch.size * PARTS, UNITS), seen["top"].dtype)
    strongest[batch.owners] = seen["top"]
    seen["strongest"] = strongest.reshape(batch.size, -1) * (kept["strongest"] if kept else 1)
    seen["dense"] = _answers(seen["strongest"], numbers, "dense") * (kept["dense"] if kept else 1)
    seen["said"] = seen["dense"] @ numbers["last"] + numbers["last_bias"]
    return seen


def _answers(given: Floats, numbers: Numbers, name: str) -> Floats:
    found: Floats = np.maximum(given @ numbers[name] + numbers[name + "_bias"], 0)
    return found


def _shares(scores: Floats) -> Floats:
    found = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Floats = found / found.sum(axis=1, keepdims=True)
    return shares


def _of_layer(given: Floats, slope: Floats, name: str) -> dict[str, Floats]:
    return {name: given.T @ slope, name + "_bias": slope.sum(axis=0)}


def _to_strongest(slope: Floats, rows: Floats, top: Floats, starts: Ints) -> Floats:
    """Hand the slope of each part's strongest answer to the row that gave it."""
    lengths = np.diff(starts, append=len(rows))
    found = np.zeros_like(rows)
    ours = rows[starts[0] :]
    is_top = (ours == np.repeat(top, lengths, axis=0)) & (ours > 0)
    found[starts[0] :] = np.repeat(slope, lengths, axis=0) * is_top
    return found


def _unwound(slope: Floats) -> Floats:
    """Return what each row has of the slopes of the windows that it stands in."""
    width = slope.shape[1] // 3
    found = slope[:, width : 2 * width].copy()
    found[:-1] += slope[1:, :width]
    found[1:] += slope[:-1, 2 * width :]
    return found


def _summed(owner: Ints, slope: Floats, count: int) -> Floats:
    """Return the sums of rows by whose they are."""
    ones = np.ones(len(owner), slope.dtype)
    spread = csr_matrix((ones, (owner, np.arange(len(owner)))), shape=(count, len(owner)))
    summed: Floats = spread @ slope
    return summed


_LAYERS = ("near", "wide", "dense", "last")


class _Whole:
    """The numbers as whole ones: 8 bits a weight, a step for each unit, all steps powers of two."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._most = dict.fromkeys(_LAYERS, 2.0**-20)

    def watch(self, batch: Batch) -> None:
        """See how strong the answers of each layer become."""
        seen = forward(self._numbers, batch)
        for name in ("near", "wide", "dense"):
            self._most[name] = max(self._most[name], float(seen[name].max(initial=0.0)))

    def packed(self) -> tuple[dict[str, Any], bytes]:
        """Return what `config.json` says of the network, and its weights as bytes."""
        numbers = self._numbers
        step = _power(
            max(np.abs(numbers["table"]).max(), np.abs(numbers["places"]).max()) / LARGEST
        )
        parts = [_rounded(numbers["table"] / step), _rounded(numbers["places"][:PLACES] / step)]
        given = step
        near = _power(max(self._most["near"], self._most["wide"]) / STRONGEST)
        handed = {"near": near, "wide": near, "dense": _power(self._most["dense"] / STRONGEST)}
        most = {"near": 2 * LARGEST, "wide": STRONGEST, "dense": 2 * STRONGEST, "last": STRONGEST}
        biases, scales = [], []
        for name in _LAYERS:
            weights, bias, steps = _whole_layer(
                numbers[name].astype(np.float64),
                numbers[name + "_bias"].astype(np.float64),
                given,
                most[name],
            )
            parts.append(weights)
            biases.append(bias.tolist())
            scales.append((given * steps / handed.get(name, 1.0)).tolist())
            given = handed.get(name, 1.0)
        config = {
            "width": WIDTH, "units": UNITS, "dense": DENSE, "outputs": numbers["last"].shape[1],
            "biases": biases, "scales": scales,
        }  # fmt: skip
        return config, b"".join(part.astype(np.int8).tobytes() for part in parts)


def _whole_layer(
    weights: npt.NDArray[np.float64], bias: npt.NDArray[np.float64], given: float, most: int
) -> tuple[Any, Any, Any]:
    """Return weights and biases as whole numbers, and the step of each unit's weights.

    `given` is what one of the numbers that come in stands for, `most` the largest of them. A unit whose
    sums could leave what is exact has its step doubled.
    """
    steps = 2.0 ** np.ceil(np.log2(np.maximum(np.abs(weights).max(axis=0), 2.0**-20) / LARGEST))
    while True:
        whole, start = _rounded(weights / steps), np.rint(bias / (given * steps))
        over = np.abs(whole).sum(axis=0) * most + np.abs(start) >= EXACT
        if not over.any():
            return whole, start, steps
        steps = np.where(over, 2 * steps, steps)


def _power(value: float) -> float:
    return float(2.0 ** np.ceil(np.log2(max(value, 2.0**-40))))


def _rounded(values: Any) -> Any:
    return np.clip(np.rint(values), -LARGEST, LARGEST)
