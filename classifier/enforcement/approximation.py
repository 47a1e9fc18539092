"""What a target does with an intent that it cannot express: always the stricter thing, said aloud.

allow with conditions -> ask -> deny; limit -> ask -> deny; ask -> deny; hide -> deny (the tool
stays in the list, but no call passes, so nothing is looser). A target that cannot refuse at all
gets the tool left out, which is reported as not enforced and never as an approximation.
"""

from __future__ import annotations

import re  # noqa: TID251  # an anchored class over names, linear
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from classifier.condition import Condition
from classifier.enforcement.target import Power, Target
from classifier.enforcement.words import some
from classifier.intent import Intent
from classifier.rule import Decision, Limit

ConditionFault = Callable[[Condition, Intent], str | None]
"""A target's own word on a condition: why it cannot be held, or `None`."""

_ARGUMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""Argument names that every policy language can write as an attribute."""

_KEYWORD_LIST = """
as break const contains continue default else every false for function has if import in is let like
loop namespace not null package return some then true var void while with
"""
_KEYWORDS = frozenset(_KEYWORD_LIST.split())
"""Words of Cedar, CEL or Rego: one of them as an attribute, and the whole file does not parse."""


def approximate(
    target: Target, intent: Intent, fault: ConditionFault | None = None
) -> tuple[Intent, str | None]:
    """Return what the target will do for an intent, and why it differs (None: it does not)."""
    decision = intent.decision
    if decision.refuses:
        hides = decision is Decision.HIDE
        if hides and target.can(Power.HIDE):
            return intent, None
        return _refuse(target, intent, "no way to hide a tool from the list" if hides else None)
    why = _condition_fault(target, intent, fault) if intent.conditions else None
    if why is not None:
        return _ask(target, intent, why)
    if intent.limit is not None and (why := _rate_fault(target, intent.limit)):
        return _ask(target, intent, why)
    if decision is Decision.ASK and not target.can(Power.ASK):
        return _refuse(target, intent, "no way to ask a person")
    return intent, None


def _rate_fault(target: Target, limit: Limit) -> str | None:
    if not target.can(Power.RATE):
        return "no rate limits"
    # A limit of another window would be another limit: 5 an hour is more than 5 a day.
    return None if limit.window in target.windows else f"no rate limits per {limit.window}"


def _condition_fault(target: Target, intent: Intent, fault: ConditionFault | None) -> str | None:
    """Say why the target cannot hold the conditions of an intent, or `None`."""
    if not target.can(Power.CONDITIONS):
        return "no argument conditions"
    for condition in intent.conditions:
        if condition.kind not in target.condition_kinds:
            return f"no exact way to say {condition.kind} of an argument"
        if condition.each and not target.condition_each:
            return "no conditions on every item of a list"
        if not all(_ARGUMENT.fullmatch(k) and k not in _KEYWORDS for k in condition.argument):
            return "no safe way to write the name of the argument"
        if fault is not None and (why := fault(condition, intent)):
            return why
    return None


def _ask(target: Target, intent: Intent, why: str) -> tuple[Intent, str | None]:
    if target.can(Power.ASK):
        return intent.plainly(Decision.ASK), why
    return _refuse(target, intent, f"{why} and no way to ask a person")


def _refuse(target: Target, intent: Intent, why: str | None) -> tuple[Intent, str | None]:
    if target.can(Power.DENY):
        if intent.decision is Decision.DENY:
            return intent, why
        return intent.plainly(Decision.DENY), why
    # Left out of the file: what the target does with the unlisted is all that can be had.
    return intent.plainly(target.unlisted), "no way to refuse"


@dataclass(slots=True)
class Report:
    """Collects what differs, so that 80 tools make one sentence."""

    target: Target
    changed: dict[tuple[str, str, str], list[str]] = field(
        default_factory=lambda: defaultdict(list)
    )
    weaker: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, intent: Intent, effective: Intent, why: str) -> None:
        """Note one tool that gets something else than intended."""
        if effective.decision.rank < intent.decision.rank and not effective.decision.refuses:
            self.weaker[intent.decision.value].append(intent.tool)
        else:
            key = (_short(intent), effective.decision.value, why)
            self.changed[key].append(intent.tool)

    def approximations(self) -> tuple[str, ...]:
        """Return a sentence for each kind of approximation."""
        return tuple(
            f"{wanted} became {got}: {self.target.title} has {why} ({some(names)})"
            for (wanted, got, why), names in sorted(self.changed.items())
        )

    def not_enforced(self) -> tuple[str, ...]:
        """Return a sentence for each decision that the target cannot enforce."""
        return tuple(
            f"NOT ENFORCED: {self.target.title} cannot refuse a call; meant to {wanted}, "
            f"left to {self.target.unlisted} ({some(names)})"
            for wanted, names in sorted(self.weaker.items())
        )


def _short(intent: Intent) -> str:
    rule = str(intent.rule)
    return f"{rule} with conditions" if intent.conditions else rule


def strictest_per_name(intents: Iterable[Intent]) -> tuple[list[Intent], list[str]]:
    """Keep one intent per tool name, the strictest; return them and the doubled names."""
    kept: dict[str, Intent] = {}
    doubled: list[str] = []
    for intent in intents:
        other = kept.get(intent.tool)
        if other is None:
            kept[intent.tool] = intent
            continue
        doubled.append(intent.tool)
        kept[intent.tool] = _both(other, intent)
    return list(kept.values()), doubled


def _both(first: Intent, second: Intent) -> Intent:
    strict = second if second.rule.strictness > first.rule.strictness else first
    if strict.decision.refuses:
        return strict
    conditions = tuple(dict.fromkeys((*first.conditions, *second.conditions)))
    return replace(strict, conditions=conditions)
