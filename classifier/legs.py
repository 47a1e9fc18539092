"""Which part a tool can play in an attack that needs several tools.

A leg is something that an attack cannot do without: data worth taking, text that an outsider wrote,
a way out, harm that lasts, a secret, rights. Each rule below says why a tool forms a leg, and quotes
the definition. The rules lean on findings, so a wrong label here is a wrong label there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from classifier.verdict import Category, Classification, Evidence, Risk
from classifier.words import lower, name_tokens
from crawler.records import Tool


class Leg(StrEnum):
    """What an attack needs."""

    PRIVATE = "private data"
    OUTSIDE = "outside text"
    WAY_OUT = "a way out"
    HARM = "lasting harm"
    SECRET = "a secret"  # noqa: S105 - a word, no password
    RIGHTS = "rights or code"


@dataclass(frozen=True, slots=True)
class Part:
    """One tool as one leg: why, and the words that say so."""

    server: str
    tool: str
    leg: Leg
    reason: str
    evidence: tuple[Evidence, ...]


_BY_SIGNAL: tuple[tuple[Leg, str, str], ...] = (
    (Leg.PRIVATE, "sensitive-data", "reads private data"),
    (Leg.PRIVATE, "code-execution", "runs what the caller writes, which can read"),
    (Leg.OUTSIDE, "untrusted-content", "brings in text that outsiders wrote"),
    (Leg.WAY_OUT, "external-side-effect", "acts outside"),
    (Leg.WAY_OUT, "code-execution", "runs what the caller writes, which can send"),
    (Leg.HARM, "destructive", "destroys"),
    (Leg.HARM, "financial", "moves money"),
    (Leg.HARM, "code-execution", "runs what the caller writes"),
    (Leg.RIGHTS, "admin", "changes rights"),
    (Leg.RIGHTS, "code-execution", "runs what the caller writes"),
)
_OPEN_PLACES = frozenset(
    [
        "issue",
        "issues",
        "comment",
        "comments",
        "pull",
        "pr",
        "merge",
        "discussion",
        "discussions",
        "review",
        "reviews",
        "gist",
        "gists",
        "post",
        "posts",
        "thread",
        "threads",
        "reply",
        "replies",
        "ticket",
        "tickets",
        "wiki",
        "release",
        "releases",
        "tweet",
    ]
)
"""Things that several people see; writing one shows it to whoever else reads there."""


def parts(tool: Tool, classification: Classification) -> Iterator[Part]:
    """Yield every leg that one tool forms, at most one part a leg."""
    seen: set[Leg] = set()
    for leg, reason, evidence in _reasons(tool, classification):
        if leg not in seen:
            seen.add(leg)
            yield Part(str(tool.server), tool.name, leg, reason, evidence)


def _reasons(
    tool: Tool, classification: Classification
) -> Iterator[tuple[Leg, str, tuple[Evidence, ...]]]:
    found = {finding.signal.id: finding.evidence for finding in classification.findings}
    category = classification.category
    for leg, signal, reason in _BY_SIGNAL:
        if signal in found and _counts(leg, signal, tool, classification.risk):
            yield leg, reason, found[signal]
    if category is Category.READ and "path-parameter" in found:
        yield Leg.PRIVATE, "reads the file that the caller names", found["path-parameter"]
    if category in {Category.READ, Category.EXECUTE} and "url-parameter" in found:
        yield Leg.WAY_OUT, "calls the address that the caller writes", found["url-parameter"]
    if category is Category.WRITE:
        place = _shared_place(tool.name)
        if place is not None and _carries_text(tool):
            yield Leg.WAY_OUT, "writes where others read", (place,)
    if "credentials" in found and category in {Category.READ, Category.WRITE}:
        yield Leg.SECRET, "hands out or makes a secret", found["credentials"]
        if category is Category.READ:
            yield Leg.PRIVATE, "reads secrets", found["credentials"]


def _counts(leg: Leg, signal: str, tool: Tool, risk: Risk) -> bool:
    """Say whether a signal makes a leg here: some need room for words, or a risk that is high."""
    if signal == "external-side-effect":
        return _carries_text(tool)
    if signal == "code-execution" and leg in {Leg.WAY_OUT, Leg.RIGHTS} and _only_queries(tool):
        return False  # a query language reaches its own database, not the world around
    return leg is not Leg.HARM or risk.rank >= Risk.HIGH.rank


def _shared_place(name: str) -> Evidence | None:
    """Quote the word of a name that stands for a place where outsiders read."""
    for word in name_tokens(name):
        if word in _OPEN_PLACES:
            start = lower(name).find(word)
            if start >= 0:
                return Evidence("/name", start, start + len(word), name[start : start + len(word)])
    return None


def _properties(tool: Tool) -> dict[str, object] | None:
    schema = tool.input_schema
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return properties if isinstance(properties, dict) else None


def _only_queries(tool: Tool) -> bool:
    names = {str(name).lower().replace("_", "") for name in _properties(tool) or ()}
    return not names.isdisjoint(_QUERIES) and names.isdisjoint(_PROGRAMS)


_QUERIES = frozenset(
    ["sql", "query", "statement", "soql", "cypher", "rawsql", "sqlquery", "graphql"]
)
_PROGRAMS = frozenset(["code", "script", "command", "cmd", "javascript", "program", "args"])


def _carries_text(tool: Tool) -> bool:
    """Say whether a call has room for words: a string that is no choice, id, number or date."""
    properties = _properties(tool)
    if not properties:
        return tool.input_schema is None  # unknown is not "none"
    return any(
        not str(name).lower().endswith(("id", "date", "time")) and _is_text(value)
        for name, value in properties.items()
    )


def _is_text(schema: object) -> bool:
    if not isinstance(schema, dict):
        return True
    kind, form = schema.get("type"), schema.get("format")
    fixed = isinstance(kind, str) and kind in {"integer", "number", "boolean", "null"}
    return not fixed and "enum" not in schema and form not in ("date", "date-time", "time")
