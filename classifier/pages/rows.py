"""The light index of a build: a row for each tool, made once, kept in the site's marker."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from classifier.pages import words
from classifier.pages.invisible import visible
from classifier.pages.model import Row, ServerFacts, ToolFacts
from classifier.pages.slugs import slugs
from classifier.verdict import Category, Risk

SUMMARY = 110
_CATEGORIES = {one.value: one for one in Category}
_RISKS = {one.value: one for one in Risk}
LONGEST_NAME = 200


def rows_of(facts: ServerFacts, server_slug: str, tools: Sequence[ToolFacts]) -> tuple[Row, ...]:
    """Return the rows of a server's tools, in the order of the tools."""
    title = words.server_title(facts.server.name, facts.server.title)
    files = slugs(_own_name(tool) for tool in tools)
    return tuple(
        _row(tool, title, f"tools/{server_slug}/{files[_own_name(tool)]}") for tool in tools
    )


def _own_name(facts: ToolFacts) -> str:
    """Return a name that no other tool of the server has; NUL is in no sane name."""
    return f"{facts.tool.name}\0{facts.ordinal}" if facts.ordinal else facts.tool.name


def _row(facts: ToolFacts, title: str, path: str) -> Row:
    verdict = facts.classification
    described = " ".join(visible((facts.tool.description or "")[:2000]).split())
    return Row(
        server=facts.tool.server,
        server_title=title,
        name=facts.tool.name,
        path=path,
        category=verdict.category,
        risk=verdict.risk,
        score=verdict.risk_score,
        confidence=round(verdict.confidence, 2),
        signals=tuple(finding.signal.id for finding in verdict.findings),
        summary=words.cut(described, SUMMARY),
        doubtful=verdict.needs_review or verdict.insufficient_definition,
    )


def worst_first(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Return rows in the one order of every list."""
    return tuple(sorted(rows, key=lambda row: row.key))


def to_json(row: Row) -> list[Any]:
    """Return a row as the marker keeps it, without what its server gives."""
    return [
        row.name,
        row.path,
        row.category.value,
        row.risk.value,
        row.score,
        row.confidence,
        list(row.signals),
        row.summary,
        row.doubtful,
    ]


def from_json(server: str, title: str, given: Sequence[Any]) -> Row:
    """Read a row back."""
    name, path, category, risk, score, confidence, signals, summary, doubtful = given
    return Row(
        server=server,
        server_title=title,
        name=name,
        path=path,
        category=_CATEGORIES[category],
        risk=_RISKS[risk],
        score=score,
        confidence=confidence,
        signals=tuple(signals),
        summary=summary,
        doubtful=doubtful,
    )
