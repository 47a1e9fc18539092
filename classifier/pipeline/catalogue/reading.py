"""From a catalogue to what is wrong with its servers beside each other and through time."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from classifier.engine import Options
from classifier.lookalike import Known, known
from classifier.pipeline.catalogue import definition_drift, lookalike_server
from classifier.pipeline.drift import Difference, judge
from classifier.pipeline.findings import Entry
from crawler.records import Tool

if TYPE_CHECKING:
    from crawler.catalog import Catalog, Change


def catalogue_findings(
    catalog: Catalog, now: datetime | None = None, options: Options | None = None
) -> Iterator[Entry]:
    """Yield servers that imitate others, and tools that changed for the worse a short time ago.

    Raises:
        CatalogError: the catalogue cannot be read.

    """
    yield from lookalike_server.find([*_servers(catalog)])
    since = (now or datetime.now(UTC)) - timedelta(days=definition_drift.DRIFT_DAYS)
    turns: defaultdict[tuple[int, str | None, str], list[Change]] = defaultdict(list)
    latest: dict[int, Change] = {}
    gone: dict[int, str] = {}
    for one in catalog.changes(since.isoformat(timespec="seconds"), first=False):
        if one.kind == "removed":
            gone[one.tool_id] = one.at[:10]
        else:
            latest[one.tool_id] = one
            gone.pop(one.tool_id, None)
        if one.kind == "changed":  # definitions that take turns are one finding
            turns[one.tool_id, one.previous_sha256, one.definition_sha256].append(one)
    newest = [found[-1] for found in turns.values()]
    told = [
        _told(change, difference, turns, latest[change.tool_id], gone.get(change.tool_id))
        for change, difference in _judged(catalog, newest, options)
        if difference.rug_pull
    ]
    yield from definition_drift.find(told)


def _told(
    change: Change,
    difference: Difference,
    turns: Mapping[tuple[int, str | None, str], list[Change]],
    latest: Change,
    gone: str | None,
) -> Difference:
    """Return a difference with the days on which it came about, and what became of it since."""
    key = change.tool_id, change.previous_sha256, change.definition_sha256
    days = tuple(dict.fromkeys(one.at[:10] for one in turns[key]))
    if latest.definition_sha256 == change.definition_sha256:
        left = ""
    elif latest.definition_sha256 == change.previous_sha256:
        left = f"undone on {latest.at[:10]}"
    else:
        left = f"another definition since {latest.at[:10]}"
    if gone:
        left = f"{left}, " if left else ""
        left += f"no longer offered since {gone}"
    return replace(difference, days=days, left=left)


def _servers(catalog: Catalog) -> Iterator[Known]:
    for one in catalog.servers():
        if one.server.status != "deleted":
            sources = {listing.provenance.source for listing in one.listings}
            yield known(one.server, len(sources), one.first_seen)


def changed(
    catalog: Catalog, changes: list[Change], options: Options | None = None
) -> list[Difference]:
    """Return changes of definitions with both sides judged; those without both are left out."""
    return [replace(one, at=change.at) for change, one in _judged(catalog, changes, options)]


def _judged(
    catalog: Catalog, changes: list[Change], options: Options | None
) -> list[tuple[Change, Difference]]:
    """Return changes with what they mean, the gravest first."""
    pairs: list[tuple[Tool | None, Tool | None]] = []
    found: defaultdict[tuple[str, str, str, str], deque[Change]] = defaultdict(deque)
    definitions: dict[int, dict[str, Tool]] = {}
    for change in changes:
        if change.tool_id not in definitions:
            definitions[change.tool_id] = by_digest(catalog, change.tool_id)
        known = definitions[change.tool_id]
        before = known.get(change.previous_sha256 or "")
        after = known.get(change.definition_sha256)
        if before is not None and after is not None:
            pairs.append((before, after))
            found[change.server, change.tool, *_digests(before, after)].append(change)
    return [
        (found[one.server, one.tool, *_digests(one.before, one.after)].popleft(), one)
        for one in judge(pairs, options)
    ]


def by_digest(catalog: Catalog, tool_id: int) -> dict[str, Tool]:
    """Return every definition that a tool has had, by its digest."""
    history = catalog.history(tool_id)
    return {version.tool.definition_sha256: version.tool for version in history}


def _digests(before: Tool | None, after: Tool | None) -> tuple[str, str]:
    return before.definition_sha256 if before else "", after.definition_sha256 if after else ""
