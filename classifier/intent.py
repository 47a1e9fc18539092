"""What a policy is meant to do with one tool, before any target's language is spoken.

Every page, question and policy file is made from an `Intent`, so that they cannot contradict
each other. The decision is a table (data/policy.toml): category by risk, tightened by signals
and by what is not known. The model may raise doubt here; nothing in a tool's own words loosens.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from classifier.arguments import UNREACHABLE, arguments_of
from classifier.condition import TELLABLE, Condition, ConditionKind
from classifier.policy_table import Overrides, shipped_table
from classifier.rule import Decision, Limit, Profile, Rule, stricter
from classifier.verdict import Classification, Risk
from crawler.records import Tool

__all__ = [
    "Condition",
    "ConditionKind",
    "Decision",
    "Intent",
    "Limit",
    "Overrides",
    "Profile",
    "Rule",
    "decide_intent",
    "effect",
]

NO_OVERRIDES = Overrides()


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What should become of calls to one tool, and why.

    Calls that do not meet every condition are refused, whatever the decision. `input_schema`
    is there for targets whose language is typed; it is the server's own, so hostile.
    """

    server: str
    tool: str
    decision: Decision
    limit: Limit | None = None
    conditions: tuple[Condition, ...] = ()
    reason: str = ""
    definition_sha256: str = ""
    risk: Risk | None = None
    input_schema: Any = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if (self.decision is Decision.LIMIT) != (self.limit is not None):
            raise ValueError("a limit belongs to the decision limit, and only there")

    @property
    def rule(self) -> Rule:
        """Decision and bound as one comparable rule."""
        return Rule(self.decision, self.limit)

    def plainly(self, decision: Decision) -> Intent:
        """Return the same intent with a plain decision, which must not be a limit."""
        # Field by field, because `replace` takes thrice as long, and policies do this all the time.
        return Intent(
            server=self.server,
            tool=self.tool,
            decision=decision,
            reason=self.reason,
            definition_sha256=self.definition_sha256,
            risk=self.risk,
            input_schema=self.input_schema,
        )


def decide_intent(
    tool: Tool,
    classification: Classification,
    profile: Profile = Profile.RECOMMENDED,
    overrides: Overrides | None = None,
) -> Intent:
    """Return the intent for one tool under a profile and a user's overrides.

    A user's rule for the tool is final. A user's rule for the server replaces the table's cell;
    floors by signal and state still tighten it. What is to pass only where no policy can tell
    (see `TELLABLE`) waits for a person.
    """
    mine = overrides or NO_OVERRIDES
    own = mine.tool(tool.server, tool.name)
    if own is not None and own.rule is not None:
        rule, reason = own.rule, "your own rule for this tool"
    else:
        rule, reason = _tabled(tool, classification, profile, mine)
    conditions: tuple[Condition, ...] = ()
    if not rule.decision.refuses:
        given = own.conditions if own is not None else ()
        conditions = given or tuple(_conditions(tool, classification, profile, mine))
        waits = rule.decision.rank < Decision.ASK.rank
        if waits and any(condition.kind not in TELLABLE for condition in conditions):
            rule = Rule(Decision.ASK)
            reason = f"{reason}, of which no policy can tell that it only reads"
    return Intent(
        server=tool.server,
        tool=tool.name,
        decision=rule.decision,
        limit=rule.limit,
        conditions=conditions,
        reason=reason,
        definition_sha256=tool.definition_sha256,
        risk=classification.risk,
        input_schema=tool.input_schema,
    )


def _tabled(
    tool: Tool, classification: Classification, profile: Profile, mine: Overrides
) -> tuple[Rule, str]:
    table = shipped_table().profiles[profile]
    cell = (classification.category, classification.risk)
    if tool.server in mine.servers:
        rule, reason = mine.servers[tool.server], "your own rule for this server"
    else:
        rule = table.cells[cell]
        reason = f"{_article(cell[0].value)} {cell[0]} tool of {cell[1]} risk"
    for floor, why in _floors(classification, profile, mine):
        if stricter(rule, floor) is floor:
            rule, reason = floor, f"{reason}, {why}"
    return rule, reason


def _floors(
    classification: Classification, profile: Profile, mine: Overrides
) -> Iterator[tuple[Rule, str]]:
    """Yield (floor, why) of everything that tightens."""
    table = shipped_table().profiles[profile]
    for finding in classification.findings:
        signal = finding.signal
        floor = mine.signals.get(signal.id) or table.signals.get(signal.id)
        if floor is not None:
            yield floor, f"with the signal {signal.id}"
        if finding.is_threat:
            yield table.states["threat"], f"and its definition looks hostile ({signal.id})"
    if classification.insufficient_definition:
        yield table.states["insufficient_definition"], "whose definition says too little"
    if classification.needs_review:
        yield table.states["needs_review"], "which needs review"


def _conditions(
    tool: Tool, classification: Classification, profile: Profile, mine: Overrides
) -> Iterator[Condition]:
    """Yield the bounds that a user set (or the profile sets) on this tool's parameters."""
    for name, family in shipped_table().arguments.items():
        bound = mine.bounds.get(name)
        if bound is None and profile in family.read_only_in:
            bound = ()
        if bound is None or (family.signal and not classification.has(family.signal)):
            continue
        arguments = arguments_of(tool.input_schema, family, classification)
        # Nobody is written to by a copy that is left out, if somebody else has to be named.
        may_lack = family.optional and any(
            not a.optional and UNREACHABLE not in a.path for a in arguments
        )
        for path, each, optional in arguments:
            yield Condition(path, family.kind, bound, each, optional and may_lack)


def _article(word: str) -> str:
    return "an" if word[:1] in "AEIOU" else "a"


def effect(intent: Intent) -> str:
    """Say in one plain sentence what becomes of calls; the only place where it is worded.

    The text may hold parameter names, which are the server's own words: escape it.
    """
    only = ""
    if intent.conditions:
        only = ", and only if " + " and ".join(c.sentence() for c in intent.conditions)
    match intent.decision:
        case Decision.ALLOW:
            return f"Calls pass without a question{only}."
        case Decision.LIMIT:
            limit = intent.limit
            many = f"at most {limit.max} a {limit.window}" if limit else ""
            return f"Calls pass, {many}{only}; the rest is refused."
        case Decision.ASK:
            return f"Each call waits for a person to approve it{only}."
        case Decision.DENY:
            return "Every call is refused."
        case Decision.HIDE:
            return "The tool is taken out of the list, and every call is refused."
