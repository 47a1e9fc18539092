"""What a change of definitions means: risk, signals, hints, and whether it looks like a rug pull.

A rug pull is a tool that was approved and then became another one (OWASP MCP03, SAFE-T1201). The
marks of one, each of them a reason that is told: a threat that was not there, a higher risk, from
reading to changing something, other hints. A change of wording alone is a change, not a rug pull.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from classifier.engine import Options, classify_many
from classifier.pipeline import wording
from classifier.verdict import Category, Classification, Kind, Risk
from crawler.records import Tool

_HARMLESS = frozenset([Category.READ, Category.OTHER])
_HINTS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")
_ALARMS = frozenset([Kind.THREAT.value, Kind.CLAIM.value])


@dataclass(frozen=True, slots=True)
class Verdict:
    """The part of a classification that a comparison needs."""

    category: Category
    risk: Risk
    score: int
    signals: tuple[tuple[str, str], ...]  # (id, kind)

    @classmethod
    def of(cls, result: Classification) -> Verdict:
        """Take it from a classification."""
        signals = tuple((f.signal.id, f.signal.kind.value) for f in result.findings)
        return cls(result.category, result.risk, result.risk_score, signals)

    @classmethod
    def stored(cls, value: dict[str, Any]) -> Verdict:
        """Take it from the stored form of a classification."""
        signals = tuple((s["id"], s["kind"]) for s in value["signals"])
        return cls(Category(value["category"]), Risk(value["risk"]), value["risk_score"], signals)

    def to_json(self) -> dict[str, Any]:
        """Return the fields of a report."""
        return {
            "category": self.category.value,
            "risk": self.risk.value,
            "risk_score": self.score,
            "signals": [name for name, _ in self.signals],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One tool that was added, removed or changed. `at` is when, where that is known.

    `with_server`: it came with its server, so nobody can have approved that one before.
    `days` are all on which a catalogue saw this change, oldest first; `left` says what became of the
    new definition since, empty where it is in force.
    """

    kind: str  # added, removed, changed
    server: str
    tool: str
    before: Tool | None = None
    after: Tool | None = None
    was: Verdict | None = None
    now: Verdict | None = None
    at: str | None = None
    with_server: bool = False
    days: tuple[str, ...] = ()
    left: str = ""

    @property
    def changes(self) -> tuple[tuple[wording.Change, ...], int]:
        """The places that changed word by word, and how many more there are."""
        if self.before is None or self.after is None:
            return (), 0
        return wording.changes(self.before.definition, self.after.definition)

    @property
    def rug_pull(self) -> tuple[str, ...]:
        """Why it looks like a rug pull; empty where it does not."""
        return tuple(_reasons(self))

    def signals(self) -> tuple[list[str], list[str]]:
        """Return the signals that came and those that went."""
        old = [name for name, _ in self.was.signals] if self.was else []
        new = [name for name, _ in self.now.signals] if self.now else []
        return [n for n in new if n not in old], [n for n in old if n not in new]


def _reasons(one: Difference) -> Iterator[str]:
    if one.now is None or one.with_server:
        return
    old = {name for name, _ in one.was.signals} if one.was else set()
    came = [name for name, kind in one.now.signals if kind in _ALARMS and name not in old]
    if came:
        yield f"new threat: {', '.join(came)}"
    if one.was is None or one.before is None or one.after is None:
        return
    if one.now.risk.rank > one.was.risk.rank:
        yield f"higher risk: {one.was.risk.value} to {one.now.risk.value}"
    if one.was.category in _HARMLESS and one.now.category not in _HARMLESS:
        yield f"from {one.was.category.value} to {one.now.category.value}"
    before, after = (_hints(tool) for tool in (one.before, one.after))
    for hint in _HINTS:
        if before.get(hint) != after.get(hint):
            yield f"hint {hint}: {_said(before.get(hint))} to {_said(after.get(hint))}"


def _hints(tool: Tool) -> dict[str, bool | None]:
    hints = tool.hints
    values = (
        hints.read_only_hint,
        hints.destructive_hint,
        hints.idempotent_hint,
        hints.open_world_hint,
    )
    return dict(zip(_HINTS, values, strict=True))


def _said(value: bool | None) -> str:
    return "not stated" if value is None else str(value).lower()


def compare(
    old: Iterable[Tool], new: Iterable[Tool], unknown: Collection[str] = ()
) -> list[tuple[Tool | None, Tool | None]]:
    """Pair tools that differ, by server and name; `unknown` servers could not be looked at.

    Tools of one name (which is a finding of its own) are paired by digest first, then in order, so
    that a server cannot hide a change by listing its tools in another order.
    """
    before, after = _by_name(old), _by_name(new)
    pairs: list[tuple[Tool | None, Tool | None]] = []
    for key in sorted({*before, *after}):
        left = _without(before.get(key, []), after.get(key, []))
        right = _without(after.get(key, []), before.get(key, []))
        both = min(len(left), len(right))
        pairs += zip(left[:both], right[:both], strict=True)
        if key[0] not in unknown:
            pairs += [(tool, None) for tool in left[both:]]
        pairs += [(None, tool) for tool in right[both:]]
    return pairs


def _without(some: list[Tool], others: list[Tool]) -> list[Tool]:
    """Return the tools of the first list whose definition the second has not as often."""
    left = Counter(tool.definition_sha256 for tool in others)
    rest = []
    for tool in some:
        if left[tool.definition_sha256]:
            left[tool.definition_sha256] -= 1
        else:
            rest.append(tool)
    return rest


def _by_name(tools: Iterable[Tool]) -> dict[tuple[str, str], list[Tool]]:
    found: dict[tuple[str, str], list[Tool]] = {}
    for tool in tools:
        found.setdefault((tool.server, tool.name), []).append(tool)
    return found


def judge(
    pairs: Sequence[tuple[Tool | None, Tool | None]], options: Options | None = None
) -> list[Difference]:
    """Classify both sides of each pair with the same rules, the gravest first."""
    alike = [_alike(before, after) for before, after in pairs]
    tools = [tool for pair in alike for tool in pair if tool is not None]
    results = iter(classify_many(tools, options))
    found = []
    for before, after in alike:
        was = Verdict.of(next(results)) if before else None
        now = Verdict.of(next(results)) if after else None
        if tool := after or before:
            kind = "changed" if before and after else "added" if after else "removed"
            one = Difference(
                kind=kind, server=tool.server, tool=tool.name, before=before, after=after
            )
            found.append(replace(one, was=was, now=now))
    return sorted(found, key=_gravest)


def _alike(before: Tool | None, after: Tool | None) -> tuple[Tool | None, Tool | None]:
    """Give the old side what is known of the server now: only the definition may differ."""
    if before and after:
        before = replace(before, server_text=after.server_text)
    return before, after


def _gravest(one: Difference) -> tuple[int, int, str, str]:
    score = one.now.score if one.now else -1
    return (-len(one.rug_pull), -score, one.server, one.tool)
