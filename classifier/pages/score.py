"""A score as a bar of its named parts, in percent of the bar's width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from classifier.verdict import Addend


@dataclass(frozen=True, slots=True)
class Part:
    """One positive addend: where its stretch of the bar starts, and how wide it is."""

    points: int
    reason: str
    start: int
    width: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A score with its parts; `weightiest` are at most two of them, in words."""

    score: int
    parts: tuple[Part, ...]
    lowering: tuple[Addend, ...]
    capped: int
    """Points that the limits of 0 and 100 took away (negative: added)."""

    @property
    def weightiest(self) -> tuple[Part, ...]:
        """The two parts that weigh most."""
        return tuple(sorted(self.parts, key=lambda part: -part.points)[:2])


def bar(addends: Sequence[Addend], score: int) -> Bar:
    """Lay the positive addends side by side, up to the score."""
    parts: list[Part] = []
    start = 0
    for addend in addends:
        if addend.points > 0:
            width = max(0, min(addend.points, score - start))
            parts.append(Part(addend.points, addend.reason, start, width))
            start += width
    lowering = tuple(addend for addend in addends if addend.points < 0)
    return Bar(score, tuple(parts), lowering, sum(a.points for a in addends) - score)
