"""What tools can do together that none does alone, and the smallest set of rules that breaks it.

Three combinations, over the tools of one server or of everything that one agent can call: the
*lethal trifecta* (Simon Willison, 2025-06-16: private data, untrusted content, a way out),
*destructive reach* (a planted order can do what is hard to undo) and the *privilege chain* (a secret
that one tool hands out, and a tool that turns it into rights or running code).

A combination is broken when one of its legs is shut: no tool of that leg runs without a person.
Breaking all of them is therefore a choice of one leg each; all choices are tried (there are at most
twelve), so the set of tools that must be shut is the smallest there is, not merely a small one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from classifier.intent import Intent, Profile, decide_intent
from classifier.legs import Leg, Part, parts
from classifier.policy_table import Overrides
from classifier.rule import Decision
from classifier.verdict import Classification
from crawler.records import Tool

ToolKey = tuple[str, str]
"""(server, tool)."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A kind of combination: which legs have to meet."""

    id: str
    title: str
    text: str
    legs: tuple[Leg, ...]
    references: tuple[str, ...]


PATTERNS = (
    Pattern(
        id="lethal-trifecta",
        title="Lethal trifecta",
        text="An order planted in outside text can carry private data out.",
        legs=(Leg.PRIVATE, Leg.OUTSIDE, Leg.WAY_OUT),
        references=("MCP10", "ASI01", "AML.T0086", "SAFE-T1914"),
    ),
    Pattern(
        id="destructive-reach",
        title="Destructive reach",
        text="An order planted in outside text can do what is hard to undo.",
        legs=(Leg.OUTSIDE, Leg.HARM),
        references=("MCP06", "ASI02", "AML.T0101", "SAFE-T2101"),
    ),
    Pattern(
        id="privilege-chain",
        title="Privilege chain",
        text="A secret that one tool hands out lets another take rights or run code.",
        legs=(Leg.SECRET, Leg.RIGHTS),
        references=("MCP02", "ASI03", "AML.T0098", "SAFE-T1304"),
    ),
)


@dataclass(frozen=True, slots=True)
class Combination:
    """Legs that meet, every tool that forms each, and the legs that are shut already."""

    pattern: Pattern
    legs: Mapping[Leg, tuple[Part, ...]]
    shut: tuple[Leg, ...]  # by the profile that was asked about
    together: bool  # no single server has it; only the stack does

    @property
    def is_open(self) -> bool:
        """Whether every leg still has a tool that runs without a person."""
        return not self.shut


@dataclass(frozen=True, slots=True)
class Stack:
    """Everything that one agent can call, looked at as one."""

    servers: tuple[str, ...]
    combinations: tuple[Combination, ...]
    to_shut: tuple[ToolKey, ...]
    """The smallest set of further tools to put behind a person; empty when nothing is open."""


@dataclass(slots=True)
class _Known:
    """What is known of a stack: parts by leg, and which tools run without a person."""

    by_leg: dict[Leg, list[Part]]
    open_tools: set[ToolKey]
    scores: dict[ToolKey, int]

    def open_in(self, leg: Leg) -> frozenset[ToolKey]:
        return frozenset((p.server, p.tool) for p in self.by_leg.get(leg, ())) & self.open_tools


def look(
    pairs: Iterable[tuple[Tool, Classification]],
    profile: Profile = Profile.RECOMMENDED,
    overrides: Overrides | None = None,
) -> Stack:
    """Return the combinations of a stack under a profile, and what would break those left open."""
    known = _Known({}, set(), {})
    servers: dict[str, None] = {}
    for tool, classification in pairs:
        servers.setdefault(str(tool.server))
        key = (str(tool.server), tool.name)
        for part in parts(tool, classification):
            known.by_leg.setdefault(part.leg, []).append(part)
        if _runs_alone(decide_intent(tool, classification, profile, overrides)):
            known.open_tools.add(key)
        known.scores[key] = max(classification.risk_score, known.scores.get(key, 0))
    found = tuple(
        _combination(pattern, known)
        for pattern in PATTERNS
        if all(leg in known.by_leg for leg in pattern.legs)
    )
    return Stack(tuple(servers), found, _smallest(found, known))


def _runs_alone(intent: Intent) -> bool:
    return intent.decision in {Decision.ALLOW, Decision.LIMIT}


def _combination(pattern: Pattern, known: _Known) -> Combination:
    legs = {leg: tuple(known.by_leg[leg]) for leg in pattern.legs}
    shut = tuple(leg for leg in pattern.legs if not known.open_in(leg))
    on_each = [{part.server for part in given} for given in legs.values()]
    return Combination(pattern, legs, shut, together=not set.intersection(*on_each))


def _smallest(found: Sequence[Combination], known: _Known) -> tuple[ToolKey, ...]:
    """Try every choice of one leg per open combination; fewest tools win, then the riskiest ones."""
    choices = [
        [known.open_in(leg) for leg in combination.pattern.legs]
        for combination in found
        if combination.is_open
    ]
    if not choices:
        return ()
    sets = (frozenset[ToolKey]().union(*chosen) for chosen in product(*choices))
    best = min(sets, key=lambda tools: (len(tools), -_risk(tools, known), sorted(tools)))
    return tuple(sorted(best))


def _risk(tools: Iterable[ToolKey], known: _Known) -> int:
    return sum(known.scores[tool] for tool in tools)
