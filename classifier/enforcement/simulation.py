"""Calls against a policy: what a real engine says, or our model of the documented order.

A target's `simulate(text)` returns a `Simulator`. Where an engine can be had it is the engine's
answer; else a few lines that restate the target's document, labelled as a model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from classifier.rule import WINDOWS, Decision, Limit


class Verdict(StrEnum):
    """What becomes of one call."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"
    LIMITED = "limited"  # refused, because the limit of this window is used up


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One tool call. `server` is the key in the configuration; `at` is seconds since the epoch."""

    server: str
    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    at: float = 0.0


Simulator = Callable[[Call], Verdict]


@dataclass(slots=True)
class Counters:
    """Calls counted per name in calendar-aligned windows, UTC, as Intercept documents it."""

    used: dict[tuple[str, str, int], int] = field(default_factory=dict)

    def take(self, counter: str, limit: Limit, at: float) -> Verdict:
        """Count one call, or refuse it where the window is full."""
        key = (counter, limit.window, int(at // WINDOWS[limit.window]))
        used = self.used.get(key, 0)
        if used >= limit.max:
            return Verdict.LIMITED
        self.used[key] = used + 1
        return Verdict.ALLOW


def first_verdict(decision: Decision) -> Verdict:
    """Return what the first call gets under a decision."""
    if decision.refuses:
        return Verdict.DENY
    return Verdict.ASK if decision is Decision.ASK else Verdict.ALLOW
