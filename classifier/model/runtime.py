"""The model at run time: whole numbers. No pickle, no scikit-learn.

A directory holds vocabulary.txt (a feature a line, block by block), weights.bin (a row a feature),
the two files of `convolution`, and config.json. A row is a line of 16-bit lanes: what the feature adds to every output, to every
hidden unit and to the vector's squared length, each in steps of its own. Spread to 32 bits a lane it
is one long integer, and rows are added as they are: the first layer is one sum of integers, exact
and the same on every machine. What the convolutions say of the words in their order is added to it.
"""

from __future__ import annotations

import mmap
import os
import struct
from bisect import bisect_right
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from functools import cache
from itertools import accumulate, repeat
from math import sqrt
from operator import add, mul, sub
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from classifier.errors import DataError
from classifier.model.convolution import Convolution, Late
from classifier.model.features import BUNDLES, WEIGHT, Feature, Group
from classifier.model.outputs import (
    FIRST,
    OUTPUTS,
    SECOND,
    calibrated,
    joined,
    likeliest,
    logistic,
)
from classifier.resources import MODEL_VARIABLE, data_dir

HIDDEN = 32
"""Units between features and outputs; the features also speak to each output directly."""
MODEL_DIR = "tool-risk-v1"
FORMAT = 5
"""What `config.json` must say; a directory of another form is refused."""

MIDDLE = 1 << 15
"""What is added to every lane, so that none is negative."""
_LANES = OUTPUTS + HIDDEN + 1
_ROW = struct.Struct(f"<{_LANES}H")
_ROW_BYTES = _ROW.size
_SUM = struct.Struct(f"<{_LANES}I")
MOST_ROWS = 1 << 16
"""Rows below which no lane of a sum runs over; a definition has some thousands at the very most."""
_MOST_KEPT = 1 << 17
"""Words of a kind whose rows are kept: hostile text makes new ones for ever."""


class Scores(NamedTuple):
    """What the model says of one tool; probabilities calibrated, 0..1."""

    category: list[float]
    risk: list[float]
    signals: list[float]
    awake: list[float]
    """How awake each hidden unit is; 0 is not at all."""
    raw: list[float]
    """All that was said of each output, before calibration."""
    beside: Sequence[float]
    """The part of it that the convolutions said; empty where there are none."""


class _Rows(dict[int, int]):
    """Rows of weights as integers, read when first asked for."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def __missing__(self, row: int) -> int:
        lanes = _ROW.unpack_from(self._table, row * _ROW_BYTES)
        value = self[row] = int.from_bytes(_SUM.pack(*lanes), "little")
        return value


class _Blocks(dict[str, dict[str | None, int]]):
    """Rows by block and key; a block that no feature was learnt of is empty."""

    def __missing__(self, block: str) -> dict[str | None, int]:
        return {}


class _Bundle(dict[Hashable, tuple[int, ...]]):
    """Rows of what stands for several features, worked out when first asked for."""

    def __init__(self, spread: Callable[[Any], Iterable[Feature]], vocabulary: _Blocks) -> None:
        self._spread, self._vocabulary = spread, vocabulary

    def __missing__(self, key: Hashable) -> tuple[int, ...]:
        known = [self._vocabulary[block].get(word) for block, word in self._spread(key)]
        rows = tuple([row for row in known if row is not None])
        if len(self) < _MOST_KEPT:
            self[key] = rows
        return rows


class Model(NamedTuple):
    """A loaded model directory."""

    name: str  # with a digest of all its numbers: a model that was trained again is another one
    vocabulary: _Blocks
    bundles: dict[str, _Bundle]
    keys: Sequence[str]  # by row
    blocks: list[str]
    starts: list[int]  # first row of each block
    table: Any  # weights.bin, bytes
    rows_read: _Rows
    steps: list[float]  # what one of a lane stands for
    intercept: list[float]
    hidden_bias: list[float]
    hidden_weights: list[list[float]]  # a column an output
    category_scale: list[list[float]]  # a column an output: calibration of the category logits
    category_bias: list[float]
    risk_scale: list[list[float]]  # a column a level: the second stage, over what `joined` returns
    risk_bias: list[float]
    signal_scale: list[float]
    signal_bias: list[float]
    signal_threshold: list[float]
    review_below: float
    caution: float  # probability of high or critical from which a tool is not called low
    trusted: frozenset[str]  # rules right often enough to set a floor
    convolution: Convolution | Late | None  # none in a model that was put together without
    derived: dict[Hashable, Any]
    """What others work out of a model once, by whose it is."""

    def rows(self, groups: Iterable[Group]) -> set[int]:
        """Return the vocabulary rows of the features that the model knows."""
        found: set[int | None] = set()
        vocabulary, bundles = self.vocabulary, self.bundles
        for kind, keys in groups:
            if kind in bundles:
                found.update(*map(bundles[kind].__getitem__, keys))
            elif kind:
                found.update(map(vocabulary[kind].get, keys))
            else:
                found.update([vocabulary[block].get(key) for block, key in keys])
        found.discard(None)
        return found  # type: ignore[return-value]

    def feature(self, row: int) -> tuple[str, str]:
        """Return the block and the key of a vocabulary row."""
        return self.blocks[bisect_right(self.starts, row) - 1], self.keys[row]

    def heaviest(
        self, rows: Iterable[int], column: int, awake: Sequence[float], share: float = 0.0
    ) -> list[int]:
        """Return those of some rows that speak for an output, the heaviest first.

        What weighs less than a share of the heaviest is left out.
        What a feature says through a hidden unit counts where the unit is awake: by what the whole
        definition says, of which these rows may be a part.
        """
        weights, step = self.hidden_weights[column], self.steps[column]
        heard = [unit for unit, level in enumerate(awake) if level]
        units = [weights[unit] * self.steps[OUTPUTS + unit] for unit in heard]
        nothing = MIDDLE * (step + sum(units))
        # no more lanes are made numbers of than count here: most of the time is spent on that
        lanes_of = _picking(column, *[OUTPUTS + unit for unit in heard]).unpack_from
        table = self.table
        weighed = [
            (weight, row)
            for row in rows
            if (
                weight := (lanes := lanes_of(table, row * _ROW_BYTES))[0] * step
                + sum(map(mul, lanes[1:], units))
            )
            > nothing
        ]
        weighed.sort(reverse=True)
        least = nothing + share * (weighed[0][0] - nothing) if weighed else nothing
        return [row for weight, row in weighed if weight >= least]

    def score(self, rows: Collection[int], beside: Sequence[float] = ()) -> Scores:
        """Score one tool by its rows; `beside` is what the convolutions say of every output."""
        raw, awake = self.logits(rows)
        raw = list(map(add, raw, beside or repeat(0.0)))
        signals = map(mul, raw[SECOND:], self.signal_scale)
        return Scores(
            category=calibrated(raw[:FIRST], self.category_scale, self.category_bias),
            risk=calibrated(joined(raw), self.risk_scale, self.risk_bias),
            signals=logistic(map(add, signals, self.signal_bias)),
            awake=awake,
            raw=raw,
            beside=beside,
        )

    def turned(self, said: Scores, column: int) -> bool:
        """Say whether it was the convolutions that made the answer of a category or a signal what it is."""
        if not said.beside:
            return False
        raw = list(map(sub, said.raw, said.beside))
        if column < FIRST:
            alone = calibrated(raw[:FIRST], self.category_scale, self.category_bias)
            return likeliest(said.category) == column != likeliest(alone)
        signal = column - SECOND
        least = self.signal_threshold[signal]
        score = raw[column] * self.signal_scale[signal] + self.signal_bias[signal]
        return said.signals[signal] >= least > logistic([score])[0]

    def logits(self, rows: Collection[int]) -> tuple[list[float], list[float]]:
        """Return the uncalibrated scores of one tool, two layers and the first one directly; and what is awake."""
        direct, units, length = self._sums(rows)
        hidden = self._hidden(units, length)
        scores = [
            lane / length + start + sum(map(mul, hidden, column))
            for lane, start, column in zip(direct, self.intercept, self.hidden_weights, strict=True)
        ]
        return scores, hidden

    def _hidden(self, units: Iterable[float], length: float) -> list[float]:
        return [
            max(0.0, unit / length + start)
            for unit, start in zip(units, self.hidden_bias, strict=True)
        ]

    def _sums(self, rows: Collection[int]) -> tuple[list[float], list[float], float]:
        """Return what the features add up to: of outputs, of hidden units, and their length."""
        total = sum(map(self.rows_read.__getitem__, rows))
        lanes = _SUM.unpack(total.to_bytes(_SUM.size, "little"))
        sums = list(map(mul, map(sub, lanes, repeat(len(rows) * MIDDLE)), self.steps))
        return sums[:OUTPUTS], sums[OUTPUTS:-1], sqrt(max(sums[-1], 0.0)) or 1.0


def _picking(*lanes: int) -> struct.Struct:
    """Return what reads some lanes of a row, given in ascending order."""
    gaps = map(sub, lanes, (0, *[lane + 1 for lane in lanes]))
    return struct.Struct("<" + "".join(f"{2 * gap}xH" for gap in gaps))


def block_weight(block: str) -> float:
    """Return how much a feature of a block counts before the inverse document frequency."""
    return WEIGHT.get(block, 1.0)


def directory() -> Path:
    """Return the model directory in use: the one that the environment names, else the shipped one."""
    given = os.environ.get(MODEL_VARIABLE)
    return Path(given) if given else data_dir() / "models" / MODEL_DIR


def load(where: Path | None = None) -> Model:
    """Load a model directory, by default the one in use; each is read once.

    Raises:
        DataError: a file is missing or does not fit the others.

    """
    return _load(where or directory())


@cache
def _load(where: Path) -> Model:
    try:
        config = _config(where)
        lines = _lines_of((where / "vocabulary.txt").read_bytes())
        with (where / "weights.bin").open("rb") as file:
            table = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        counts = dict[str, int](config["blocks"])
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise _unusable(where, cause) from cause
    rows = sum(counts.values())
    fits = len(lines) == rows and len(table) == rows * _ROW_BYTES
    shape = (config.get("outputs"), config.get("hidden"), config.get("format"))
    if not fits or shape != (OUTPUTS, HIDDEN, FORMAT):
        raise _unusable(where, "weights do not fit the vocabulary")
    try:
        return assemble(config, lines, table, _late(where, config))
    except (KeyError, TypeError) as cause:
        raise _unusable(where, cause) from cause


def _config(where: Path) -> Any:
    return orjson.loads((where / "config.json").read_bytes())


def _late(where: Path, config: Any) -> Late | None:
    told = config["convolution"]
    return Late(where, told) if told else None


def name_of(where: Path) -> str:
    """Return what a model directory is called in results.

    Raises:
        DataError: it is no model directory.

    """
    try:
        return _name(_config(where))
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise _unusable(where, cause) from cause


def _unusable(where: Path, cause: object) -> DataError:
    if os.environ.get(MODEL_VARIABLE):
        told = f"{where} is no model that can be used ({cause}); give what `toolrisk train --out` wrote"
        return DataError(f"{told} (--model, {MODEL_VARIABLE})")
    return DataError(f"model {where.name}: {cause}; rebuild it with `toolrisk train`")


def _name(config: dict[str, Any]) -> str:
    return "-".join(filter(None, (config["name"], config.get("digest"))))


_PART = 1 << 16


def _lines_of(text: bytes) -> list[str]:
    """Return the lines, decoded in parts: in one text every letter would be as wide as the widest.

    Raises:
        ValueError: the last line has no end, or lines end otherwise.

    """
    if b"\r" in text or text[-1:] not in {b"", b"\n"}:
        raise ValueError("vocabulary.txt is cut off, or its line ends were changed")
    lines: list[str] = []
    start = 0
    while start < len(text):
        end = text.find(b"\n", start + _PART) + 1 or len(text)
        lines += text[start : end - 1].decode().split("\n")
        start = end
    return lines


def assemble(
    config: dict[str, Any], keys: Sequence[str], table: Any,
    convolution: Convolution | Late | None = None,
) -> Model:  # fmt: skip
    """Put a model together from its parts; training uses it for the models of its folds."""
    counts = config["blocks"]
    starts = [0, *accumulate(counts.values())]
    vocabulary = _Blocks()
    for (block, count), start in zip(counts.items(), starts, strict=False):
        end = start + count
        vocabulary[block] = dict(zip(keys[start:end], range(start, end), strict=True))
    return Model(
        name=_name(config),
        vocabulary=vocabulary,
        bundles={kind: _Bundle(spread, vocabulary) for kind, spread in BUNDLES.items()},
        keys=keys,
        blocks=list(counts),
        starts=starts[:-1],
        table=table,
        rows_read=_Rows(table),
        steps=config["steps"],
        intercept=config["intercept"],
        hidden_bias=config["hidden_bias"],
        hidden_weights=_columns(config["hidden_weights"]),
        category_scale=_columns(config["category_scale"]),
        category_bias=config["category_bias"],
        risk_scale=_columns(config["risk_scale"]),
        risk_bias=config["risk_bias"],
        signal_scale=config["signal_scale"],
        signal_bias=config["signal_bias"],
        signal_threshold=config["signal_threshold"],
        review_below=config["review_below"],
        caution=config["caution"],
        trusted=frozenset(config["trusted"]),
        convolution=convolution,
        derived={},
    )


def _columns(matrix: Sequence[Sequence[float]]) -> list[list[float]]:
    return [list(column) for column in zip(*matrix, strict=True)]
