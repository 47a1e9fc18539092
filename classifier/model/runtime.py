"""The model at run time: NumPy alone, no pickle, no scikit-learn.

A directory holds weights.npz (one row a feature, one column an output), vocabulary.json and
config.json. Scores of a whole batch are one gather and one segmented sum.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, chain, repeat
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from classifier.errors import DataError
from classifier.model.features import WEIGHT, Block
from classifier.resources import data_dir

CATEGORIES = ("Read", "Write", "Execute", "Other")
RISKS = ("low", "medium", "high", "critical")
LABEL_SIGNALS = (
    "destructive", "financial", "code_execution", "external_side_effect", "bulk",
    "sensitive_data", "credentials", "untrusted_content", "admin",
)  # fmt: skip
OUTPUTS = len(CATEGORIES) + len(RISKS) + len(LABEL_SIGNALS)
MODEL_DIR = "tool-risk-v1"
_UNKNOWN = repeat(-1)
Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scores:
    """What the model says of a batch: a row a tool; probabilities calibrated, 0..1."""

    category: list[list[float]]
    risk: list[list[float]]
    signals: list[list[float]]


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded model directory."""

    name: str
    vocabulary: dict[str, dict[Any, int]]  # block -> key -> row
    keys: dict[str, list[Any]]  # block -> keys in the order of their rows
    blocks: list[str]
    starts: list[int]  # first row of each block
    weights: npt.NDArray[np.float32]  # rows x OUTPUTS, already times the inverse document frequency
    squares: npt.NDArray[np.float32]  # squared weight of a feature in the vector's length
    intercept: Array
    category_scale: Array  # 4 x 4 and bias: calibration of the category logits
    category_bias: Array
    risk_scale: Array
    risk_bias: Array
    signal_scale: Array
    signal_bias: Array
    signal_threshold: list[float]
    review_below: float
    caution: float  # probability of high or critical from which a tool is not called low
    trusted: frozenset[str]  # rules right often enough to set a floor

    def rows(self, features: Iterable[Block]) -> list[int]:
        """Return the vocabulary rows of the features that the model knows, in order."""
        found: set[int] = set()
        vocabulary = self.vocabulary
        for block, keys in features:
            found.update(map(vocabulary[block].get, keys, _UNKNOWN))
        found.discard(-1)
        return sorted(found)

    def feature(self, row: int) -> tuple[str, Any]:
        """Return the block and the key of a vocabulary row."""
        block = bisect_right(self.starts, row) - 1
        name = self.blocks[block]
        return name, self.keys[name][row - self.starts[block]]

    def score(self, batch: Sequence[list[int]]) -> Scores:
        """Score a batch of row lists."""
        raw = self.logits(batch)
        first, second = len(CATEGORIES), len(CATEGORIES) + len(RISKS)
        return Scores(
            category=softmax(
                _times(raw[:, :first], self.category_scale) + self.category_bias
            ).tolist(),
            risk=softmax(_times(raw[:, first:second], self.risk_scale) + self.risk_bias).tolist(),
            signals=sigmoid(raw[:, second:] * self.signal_scale + self.signal_bias).tolist(),
        )

    def logits(self, batch: Sequence[list[int]]) -> Array:
        """Return the uncalibrated scores, a row a tool."""
        lengths = np.fromiter((len(rows) for rows in batch), dtype=np.int64, count=len(batch))
        flat = np.fromiter(chain.from_iterable(batch), dtype=np.int64, count=int(lengths.sum()))
        starts = np.zeros(len(batch), dtype=np.int64)
        np.cumsum(lengths[:-1], out=starts[1:])
        raw = np.zeros((len(batch), OUTPUTS))
        some = lengths > 0
        if some.any():
            norm = np.sqrt(np.add.reduceat(self.squares[flat], starts[some]))
            raw[some] = np.add.reduceat(self.weights[flat], starts[some], axis=0) / norm[:, None]
        return raw + self.intercept


def _times(rows: Array, matrix: Array) -> Array:
    """Multiply row by row: a BLAS product rounds differently by the size of the batch."""
    result: Array = (rows[:, :, None] * matrix).sum(axis=1)
    return result


def softmax(scores: Array) -> Array:
    """Return probabilities over the last axis."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    result: Array = shifted / shifted.sum(axis=1, keepdims=True)
    return result


def sigmoid(scores: Array) -> Array:
    """Return the logistic function, without overflow."""
    result: Array = 0.5 * (1.0 + np.tanh(0.5 * scores))
    return result


def block_weight(block: str) -> float:
    """Return how much a feature of a block counts before the inverse document frequency."""
    return WEIGHT.get(block, 1.0)


@cache
def load(directory: Path | None = None) -> Model:
    """Load a model directory, by default the one that ships.

    Raises:
        DataError: a file is missing or does not fit the others.

    """
    where = directory or data_dir() / "models" / MODEL_DIR
    try:
        config = orjson.loads((where / "config.json").read_bytes())
        words = orjson.loads((where / "vocabulary.json").read_bytes())
        with np.load(where / "weights.npz", allow_pickle=False) as arrays:
            weights = arrays["weights"].astype(np.float32)
            idf = arrays["idf"].astype(np.float32)
    except (OSError, ValueError, KeyError) as cause:
        raise DataError(f"model {where.name}: {cause}; rebuild it with `toolrisk train`") from cause
    vocabulary: dict[str, dict[Any, int]] = defaultdict(dict)
    row = 0
    for block, keys in words.items():
        hashable = map(tuple, keys) if keys and isinstance(keys[0], list) else keys
        vocabulary[block] = dict(zip(hashable, range(row, row + len(keys)), strict=True))
        row += len(keys)
    if weights.shape != (row, OUTPUTS) or config.get("outputs") != OUTPUTS:
        raise DataError(
            f"model {where.name}: weights do not fit the vocabulary; rebuild it with `toolrisk train`"
        )
    return assemble(config, vocabulary, weights, idf)


def assemble(
    config: dict[str, Any],
    vocabulary: dict[str, dict[Any, int]],
    weights: npt.NDArray[np.float32],
    idf: npt.NDArray[np.float32],
) -> Model:
    """Put a model together from its parts; training uses it for the models of its folds."""
    return Model(
        name=config["name"],
        vocabulary=vocabulary,
        keys={block: list(keys) for block, keys in vocabulary.items()},
        blocks=list(vocabulary),
        starts=[0, *accumulate(len(keys) for keys in vocabulary.values())][:-1],
        weights=weights * idf[:, None],
        squares=idf**2,
        intercept=np.array(config["intercept"]),
        category_scale=np.array(config["category_scale"]),
        category_bias=np.array(config["category_bias"]),
        risk_scale=np.array(config["risk_scale"]),
        risk_bias=np.array(config["risk_bias"]),
        signal_scale=np.array(config["signal_scale"]),
        signal_bias=np.array(config["signal_bias"]),
        signal_threshold=config["signal_threshold"],
        review_below=config["review_below"],
        caution=config["caution"],
        trusted=frozenset(config["trusted"]),
    )
