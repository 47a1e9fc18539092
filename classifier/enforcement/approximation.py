"""What a target does with an intent that it cannot express: always the stricter thing, said aloud.

allow with conditions -> ask -> deny; limit -> ask -> deny; ask -> deny; hide -> deny (the tool
stays in the list, but no call passes, so nothing is looser). Conditions that the target can hold
stay, whatever becomes of the rate: a person is then asked only about calls within bounds; where an
argument that may be left out cannot be bounded, it is required. A target that cannot refuse at all gets the tool left out, which is reported as not enforced and never as an
approximation.
"""

from __future__ import annotations

import re  # noqa: TID251  # an anchored class over names, linear
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from classifier.condition import Condition, ConditionKind
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
    held, why = _held(target, intent, fault) if intent.conditions else ((), None)
    if why is None and intent.limit is not None:
        why = _rate_fault(target, intent.limit)
    if why is not None:
        return _ask(target, intent, held, why)
    if decision is Decision.ASK and not target.can(Power.ASK):
        return _refuse(target, intent, "no way to ask a person")
    if not target.condition_optional and any(c.optional for c in held):
        required = tuple(dict.fromkeys(map(_required, held)))
        return replace(intent, conditions=required), "no bounds on arguments that may be left out"
    return intent, None


def _required(condition: Condition) -> Condition:
    return replace(condition, optional=False)


def _rate_fault(target: Target, limit: Limit) -> str | None:
    if not target.can(Power.RATE):
        return "no rate limits"
    # A limit of another window would be another limit: 5 an hour is more than 5 a day.
    return None if limit.window in target.windows else f"no rate limits per {limit.window}"


def _held(
    target: Target, intent: Intent, fault: ConditionFault | None
) -> tuple[tuple[Condition, ...], str | None]:
    """Return the conditions that the target can hold, and why it cannot hold the first other."""
    if not target.can(Power.CONDITIONS):
        return (), "no argument conditions"
    faults = [_condition_fault(target, intent, c, fault) for c in intent.conditions]
    held = tuple(c for c, why in zip(intent.conditions, faults, strict=True) if why is None)
    return held, next((why for why in faults if why is not None), None)


def _condition_fault(
    target: Target, intent: Intent, condition: Condition, fault: ConditionFault | None
) -> str | None:
    if condition.kind is ConditionKind.READ_ONLY:
        return "no way to tell from the text of a statement that it only reads"
    if condition.kind not in target.condition_kinds:
        return f"no exact way to say {condition.kind} of an argument"
    if condition.each and not target.condition_each:
        return "no conditions on every item of a list"
    if not all(_ARGUMENT.fullmatch(k) and k not in _KEYWORDS for k in condition.argument):
        return "no safe way to write the name of the argument"
    return fault(condition, intent) if fault is not None else None


def _ask(
    target: Target, intent: Intent, held: tuple[Condition, ...], why: str
) -> tuple[Intent, str | None]:
    if not target.can(Power.ASK):
        return _refuse(target, intent, f"{why} and no way to ask a person")
    asked = intent.plainly(Decision.ASK)
    return (replace(asked, conditions=held) if held else asked), why


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
            was, now = in_short(intent), in_short(effective)
            if was == now and len(effective.conditions) < len({*map(_required, intent.conditions)}):
                now = f"{effective.rule} with fewer of them"
            elif was == now:  # the decision stays, and so does every bound
                was, now = "optional arguments with a bound", "required"
            key = (was, now, why)
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


def in_short(intent: Intent) -> str:
    """Name a rule in two or three words."""
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
