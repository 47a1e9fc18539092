"""What tools of one server can do together that none does alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from classifier.pages.model import Row

_LEGS = {
    "private data": ("sensitive-data", "credentials"),
    "outside text": ("untrusted-content",),
    "a way out": ("external-side-effect",),
    "lasting harm": ("destructive", "financial", "code-execution", "admin"),
}
_COMBINATIONS = (
    (
        "A planted order can carry private data out",
        "One tool reads private data, one brings in text that outsiders wrote, and one sends.",
        ("private data", "outside text", "a way out"),
    ),
    (
        "A planted order can do lasting harm",
        "One tool brings in text that outsiders wrote, and one can do what is hard to undo.",
        ("outside text", "lasting harm"),
    ),
)


@dataclass(frozen=True, slots=True)
class Combination:
    """Legs that meet on one server, each with the worst tool that gives it."""

    title: str
    text: str
    legs: tuple[tuple[str, Row], ...]


def combinations(rows: Sequence[Row]) -> tuple[Combination, ...]:
    """Return the combinations whose every leg some tool gives; rows come worst first."""
    worst: dict[str, Row] = {}
    for row in rows:
        for leg, signals in _LEGS.items():
            if leg not in worst and any(signal in row.signals for signal in signals):
                worst[leg] = row
    return tuple(
        Combination(title, text, tuple((leg, worst[leg]) for leg in legs))
        for title, text, legs in _COMBINATIONS
        if all(leg in worst for leg in legs)
    )
