"""From a catalogue to what is wrong with its servers beside each other and through time."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
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

DRIFT_DAYS = 30
"""Days for which a change that looks like a rug pull stays a finding."""


def catalogue_findings(
    catalog: Catalog, now: datetime | None = None, options: Options | None = None
) -> Iterator[Entry]:
    """Yield servers that imitate others, and tools that changed for the worse a short time ago.

    Raises:
        CatalogError: the catalogue cannot be read.

    """
    yield from lookalike_server.find([*_servers(catalog)])
    since = (now or datetime.now(UTC)) - timedelta(days=DRIFT_DAYS)
    newest = {  # definitions that take turns are one finding
        (one.tool_id, one.previous_sha256, one.definition_sha256): one
        for one in catalog.changes(since.isoformat(timespec="seconds"))
        if one.kind == "changed"
    }
    differences = changed(catalog, [*newest.values()], options)
    yield from definition_drift.find(one for one in differences if one.rug_pull)


def _servers(catalog: Catalog) -> Iterator[Known]:
    for one in catalog.servers():
        if one.server.status != "deleted":
            sources = {listing.provenance.source for listing in one.listings}
            yield known(one.server, len(sources), one.first_seen)


def changed(
    catalog: Catalog, changes: list[Change], options: Options | None = None
) -> list[Difference]:
    """Return changes of definitions with both sides judged; those without both are left out."""
    pairs: list[tuple[Tool | None, Tool | None]] = []
    times: defaultdict[tuple[str, str, str, str], deque[str]] = defaultdict(deque)
    definitions: dict[int, dict[str, Tool]] = {}
    for change in changes:
        if change.tool_id not in definitions:
            definitions[change.tool_id] = by_digest(catalog, change.tool_id)
        known = definitions[change.tool_id]
        before = known.get(change.previous_sha256 or "")
        after = known.get(change.definition_sha256)
        if before is not None and after is not None:
            pairs.append((before, after))
            times[change.server, change.tool, *_digests(before, after)].append(change.at)
    return [
        replace(one, at=times[one.server, one.tool, *_digests(one.before, one.after)].popleft())
        for one in judge(pairs, options)
    ]


def by_digest(catalog: Catalog, tool_id: int) -> dict[str, Tool]:
    """Return every definition that a tool has had, by its digest."""
    history = catalog.history(tool_id)
    return {version.tool.definition_sha256: version.tool for version in history}


def _digests(before: Tool | None, after: Tool | None) -> tuple[str, str]:
    return before.definition_sha256 if before else "", after.definition_sha256 if after else ""
