"""What a profile does, in words that are made from its table, so that they cannot say else."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import groupby

from classifier.pages.words import listed
from classifier.policy_table import ProfileTable, shipped_table
from classifier.rule import Decision, Profile, Rule
from classifier.verdict import Category, Risk

_EFFECT = {
    Decision.ALLOW: "allowed",
    Decision.ASK: "a person is asked",
    Decision.DENY: "refused",
    Decision.HIDE: "refused and not listed",
}
_STATES = {
    "needs_review": "what needs review",
    "insufficient_definition": "a definition that says too little",
    "threat": "a definition that looks hostile",
}


@cache
def meaning(profile: Profile) -> str:
    """Say what the table in force does with calls under a profile."""
    return in_words(shipped_table().profiles[profile])


def in_words(table: ProfileTable) -> str:
    """Say what one profile's table does: by category and risk, then what is stricter whatever these."""
    rows: dict[str, list[str]] = {}
    for category in Category:
        rows.setdefault(_by_risk(table, category), []).append(category.value)
    said = [f"{listed(names)}: {row}." for row, names in rows.items()]
    if floors := "; ".join(_floors(table)):
        said.append(f"At the least, whatever the risk: {floors}.")
    return " ".join(said)


def _by_risk(table: ProfileTable, category: Category) -> str:
    levels = [(rule, [*risks]) for rule, risks in groupby(Risk, lambda r: table.cells[category, r])]
    if len(levels) == 1:
        return _effect(levels[0][0])
    return ", ".join(f"{_effect(rule)} at {listed(risks)} risk" for rule, risks in levels)


def _floors(table: ProfileTable) -> Iterator[str]:
    """Yield each rule that signals and states bring about, the loosest first."""
    signals: dict[Rule, list[str]] = {}
    for name, rule in table.signals.items():
        signals.setdefault(rule, []).append(name)
    causes = {rule: [f"the signals {listed(names)}"] for rule, names in signals.items()}
    for name, rule in table.states.items():
        causes.setdefault(rule, []).append(_STATES[name])
    for rule in sorted(causes, key=lambda rule: rule.strictness):
        yield f"{_effect(rule)} for {', '.join(causes[rule])}"


def _effect(rule: Rule) -> str:
    if rule.limit:
        return f"at most {rule.limit.max} calls a {rule.limit.window}"
    return _EFFECT[rule.decision]
