"""What may be decided about a tool, and which of two decisions is the stricter one.

Two axes are kept apart: the decision (allow to hide) and its bound (how many calls in a window).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from classifier.errors import DataError

WINDOWS = {"minute": 60, "hour": 3600, "day": 86400}
"""The windows that every target with rates knows, in seconds."""

MOST_CALLS = 1_000_000
"""A limit above this bounds nothing and is a mistake."""


class Decision(StrEnum):
    """What becomes of a call, loosest first."""

    ALLOW = "allow"
    LIMIT = "limit"
    ASK = "ask"
    DENY = "deny"
    HIDE = "hide"

    @property
    def rank(self) -> int:
        """0 for allow to 4 for hide; a StrEnum compares as text, so compare ranks."""
        return _RANK[self]

    @property
    def refuses(self) -> bool:
        """Say whether no call ever passes."""
        return self in _REFUSING


_RANK = {decision: rank for rank, decision in enumerate(Decision)}
_REFUSING = frozenset({Decision.DENY, Decision.HIDE})


class Profile(StrEnum):
    """How much a user is willing to let an agent do."""

    READ_ONLY = "read-only"
    RECOMMENDED = "recommended"
    STRICT = "strict"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `max` calls in each `window` (minute, hour or day)."""

    max: int
    window: str

    def __post_init__(self) -> None:
        if self.window not in WINDOWS or not 0 < self.max <= MOST_CALLS:
            raise ValueError(f"limit {self.max}/{self.window}: 1..{MOST_CALLS} per {list(WINDOWS)}")

    @property
    def per_second(self) -> float:
        """The rate, for comparing limits of different windows."""
        return self.max / WINDOWS[self.window]

    def __str__(self) -> str:
        return f"{self.max}/{self.window}"


@dataclass(frozen=True, slots=True)
class Rule:
    """A decision with its bound, as one cell of the policy table."""

    decision: Decision
    limit: Limit | None = None

    @classmethod
    def parse(cls, text: object, where: str) -> Rule:
        """Read `allow`, `ask`, `deny`, `hide` or `10/minute`.

        Raises:
            DataError: anything else, with the place named.

        """
        if isinstance(text, str) and text in _PLAIN:
            return cls(Decision(text))
        if isinstance(text, str) and text.count("/") == 1:
            count, window = text.split("/")
            if count.isascii() and count.isdigit() and len(count) <= len(str(MOST_CALLS)):
                try:
                    return cls(Decision.LIMIT, Limit(int(count), window))
                except ValueError:
                    pass
        raise DataError(
            f"{where}: {text!r} is no rule; write allow, ask, deny, hide or a limit as 10/minute"
        )

    @property
    def strictness(self) -> tuple[int, float]:
        """A key that is higher for the stricter of two rules."""
        return (self.decision.rank, -self.limit.per_second if self.limit else 0.0)

    def __str__(self) -> str:
        return str(self.limit) if self.limit else self.decision.value


_PLAIN = {d.value for d in Decision if d is not Decision.LIMIT}


def stricter(first: Rule, second: Rule) -> Rule:
    """Return the stricter of two rules; the first where they are equal."""
    return second if second.strictness > first.strictness else first
