"""What the model says of a tool: its outputs in their order, and how scores become probabilities."""

from collections.abc import Iterable, Sequence
from math import exp, tanh
from operator import mul

CATEGORIES = ("Read", "Write", "Execute", "Other")
RISKS = ("low", "medium", "high", "critical")
LABEL_SIGNALS = (
    "destructive", "financial", "code_execution", "external_side_effect", "bulk",
    "sensitive_data", "credentials", "untrusted_content", "admin",
)  # fmt: skip
OUTPUTS = len(CATEGORIES) + len(RISKS) + len(LABEL_SIGNALS)
JOINED = 2 * OUTPUTS
"""What the second stage weighs: a score and a probability of every output."""
FIRST, SECOND = len(CATEGORIES), len(CATEGORIES) + len(RISKS)
"""Where the outputs of the levels begin, and those of the signals."""


def joined(raw: list[float]) -> list[float]:
    """Return what the second stage weighs for the risk: what the first one says, all of it together.

    A level is bound to what a call does: money moved is critical, one record deleted high. So it
    goes by the scores, and by the shares of categories and levels and the signals they stand for.
    """
    return [
        *raw,
        *shares(raw[:FIRST]),
        *shares(raw[FIRST:SECOND]),
        *logistic(raw[SECOND:]),
    ]


def logistic(scores: Iterable[float]) -> list[float]:
    """Return the logistic function of scores, without overflow."""
    return [0.5 + 0.5 * tanh(0.5 * score) for score in scores]


def calibrated(
    raw: Sequence[float], scale: Sequence[Sequence[float]], bias: Sequence[float]
) -> list[float]:
    """Return probabilities that add up to 1."""
    return shares(
        [sum(map(mul, raw, column)) + start for column, start in zip(scale, bias, strict=True)]
    )


def likeliest(probabilities: Sequence[float]) -> int:
    """Return where the highest probability stands."""
    return probabilities.index(max(probabilities))


def shares(scores: Sequence[float]) -> list[float]:
    """Return the exponentials of scores as shares of their sum, without overflow."""
    most = max(scores)
    powers = [exp(score - most) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]
