"""A report: tools with their findings, each with the rule it breaks and a lasting fingerprint.

All formats, the baseline and the gate work on this and nothing else. Beside the signals there is
one rule of its own, `tool-risk`: the level of the tool itself, which is what `--fail-on` asks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from classifier.verdict import Classification, Evidence, Kind, Risk, Severity
from crawler.records import Tool, canonical_json, sha256

TOOL_RISK = "tool-risk"
_SEVERITIES = tuple(Severity)
_OF_RISK = {risk: Severity(risk.value) for risk in Risk}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What can be found, under an id that does not change between releases."""

    id: str
    title: str
    kind: str
    severity: Severity
    text: str
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Accepted:
    """Why a finding is known: the reason a person gave, if any, and the last day it holds."""

    reason: str
    expires: str | None = None


class Setting(NamedTuple):
    """What a finding about a client config is bound to, beside the name of a server.

    `file` is the config, as every machine calls it; `about` is what runs under the name, or the other
    server of two that get in each other's way.
    """

    file: str
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One finding. `level` is how bad it is here, for this tool."""

    rule: str
    server: str
    tool: str
    level: Severity
    message: str
    ordinal: int = 0
    evidence: tuple[Evidence, ...] = ()
    confidence: float = 1.0
    accepted: Accepted | None = None
    file: str | None = None  # where it stands, for findings about a file and no tool of it
    setting: Setting | None = None  # for findings about a client config

    @property
    def has_level(self) -> bool:
        """Say whether its level is part of it: whoever accepts it accepts no higher one."""
        return self.rule == TOOL_RISK or self.setting is not None

    @property
    def key(self) -> tuple[str | int, ...]:
        """What makes it the same finding tomorrow: wording may change, the level may not."""
        level = self.level.value if self.has_level else ""
        return (self.server, self.tool, self.ordinal, self.rule, level, *(self.setting or ()))

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits of `key`."""
        return sha256(canonical_json(list(self.key)))[:32]


@dataclass(frozen=True, slots=True)
class Row:
    """One tool of a report; `target` is the TARGET it came from, None for the catalogue."""

    tool: Tool
    result: Classification
    target: str | None
    entries: tuple[Entry, ...]

    def fails(self, level: Risk) -> bool:
        """Say whether the gate stops at it: at or above the level, and not all of it known."""
        at_level = self.result.risk.rank >= level.rank
        return at_level and any(entry.accepted is None for entry in self.entries)


class Looked(NamedTuple):
    """A tool of which threats alone were looked for: nothing else is known of it."""

    server: str
    tool: str
    ordinal: int


@dataclass(slots=True)
class Report:
    """What a report shows. `extra` are findings about a client config, not about one tool.

    Where threats alone were looked for, there are no rows: `looked` are the tools, and `extra` is
    what was found in them.
    """

    rows: list[Row]
    fail_on: Risk | None = None
    has_baseline: bool = False
    extra: list[Entry] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    looked: list[Looked] | None = None

    def fails(self) -> bool:
        """Say whether the gate stops; without a level it never does."""
        level = self.fail_on
        if level is None:
            return False
        return any(row.fails(level) for row in self.rows) or bool(self.failing_extra(level))

    def failing_extra(self, level: Risk) -> list[Entry]:
        """Return the new findings about a client config at or above a level."""
        at = _SEVERITIES.index(_OF_RISK[level])
        return [
            entry
            for entry in self.extra
            if entry.accepted is None and _SEVERITIES.index(entry.level) >= at
        ]

    def shows(self, entry: Entry) -> bool:
        """Say whether a finding is worth a line: the level of a tool that passes is, from high on."""
        if entry.rule != TOOL_RISK:
            return True
        least = min(self.fail_on or Risk.HIGH, Risk.HIGH, key=lambda risk: risk.rank)
        return _SEVERITIES.index(entry.level) >= _SEVERITIES.index(_OF_RISK[least])

    def entries(self) -> Iterator[tuple[Row | None, Entry]]:
        """Yield every finding that is worth showing, with its tool."""
        for row in self.rows:
            for entry in row.entries:
                if self.shows(entry):
                    yield row, entry
        for entry in self.extra:
            yield None, entry


class Numbering:
    """Tells tools of the same server and name apart, in the order in which they come."""

    def __init__(self) -> None:
        self._seen: Counter[tuple[str, str]] = Counter()

    def __call__(self, tool: Tool) -> int:
        """Return 0 for the first tool of its name, 1 for the next."""
        key = (tool.server, tool.name)
        self._seen[key] += 1
        return self._seen[key] - 1


def findings(tool: Tool, result: Classification, ordinal: int = 0) -> tuple[Entry, ...]:
    """Return the findings of one tool: its own level first."""
    worst = _OF_RISK[result.risk]
    entries = [
        Entry(
            rule=TOOL_RISK,
            server=tool.server,
            tool=tool.name,
            ordinal=ordinal,
            level=worst,
            message=result.rationale,
            evidence=result.evidence,
            confidence=result.confidence,
        )
    ]
    for finding in result.findings:
        severity = finding.signal.severity
        if finding.signal.kind in {Kind.CAPABILITY, Kind.SCHEMA}:
            severity = min(severity, worst, key=_SEVERITIES.index)  # no worse than its tool
        entries.append(
            Entry(
                rule=finding.signal.id,
                server=tool.server,
                tool=tool.name,
                ordinal=ordinal,
                level=severity,
                message=finding.signal.title,
                evidence=finding.evidence,
                confidence=finding.confidence,
            )
        )
    return tuple(entries)


def rows(items: Iterable[tuple[Tool, Classification, str | None]]) -> Iterator[Row]:
    """Turn classified tools, each with its TARGET, into rows."""
    number = Numbering()
    for tool, result, target in items:
        yield Row(tool, result, target, findings(tool, result, number(tool)))
