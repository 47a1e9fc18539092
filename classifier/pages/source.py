"""The catalogue as a source of pages: rows in, facts out, one server at a time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import cached_property
from itertools import groupby

from classifier.pages.model import (
    Changed,
    ProbeFacts,
    ServerFacts,
    ServerTools,
    StatedFacts,
    ToolFacts,
    Version,
)
from classifier.pages.stored import classification
from classifier.pages.words import day
from crawler.catalog import Catalog, CatalogServer, CatalogTool, CatalogVersion, Change
from crawler.records import Listing, Origin, Probe, Provenance

_FEW = 50
"""Servers up to which looking them up is faster than reading the whole catalogue."""


class CatalogSource:
    """Facts of an open catalogue. Times of looking are days: a page says no more of them."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def servers(self) -> Sequence[ServerFacts]:
        """Return every server, sorted by name; those that a registry withdrew become tombstones."""
        return self._servers

    @cached_property
    def _servers(self) -> tuple[ServerFacts, ...]:
        return tuple(_server(row) for row in self._catalog.servers())

    @cached_property
    def _withdrawn(self) -> Mapping[str, str]:
        """The withdrawn servers, each with when that was noticed; without tools nobody asks."""
        known = self._catalog.withdrawals()
        gone = (f for f in self._servers if f.is_withdrawn)
        return {f.server.name: known.get(f.server.name, f.last_seen) for f in gone}

    def tools(self, server: str) -> ServerTools:
        """Return the tools of one server, those that it no longer lists included."""
        found = (tools for _, tools in self.several((server,)))
        return next(found, ServerTools(()))

    def several(self, servers: Collection[str]) -> Iterator[tuple[str, ServerTools]]:
        """Yield (name, tools) of the servers that have tools, with histories."""
        rows = self._catalog.tools(servers=servers, include_removed=True, include_withdrawn=True)
        for name, group in groupby(rows, key=lambda row: row.tool.server):
            own = list(group)
            yield name, self._offered(own, self._pasts(name, own, is_few=len(servers) < _FEW))

    def _pasts(
        self, server: str, own: Sequence[CatalogTool], *, is_few: bool
    ) -> Mapping[int, _Past]:
        """Return what happened to a server's tools, by tool; to those that came and stayed, nothing.

        It is asked for all at once; for a few servers, looking takes less than that.
        """
        events = _eventful(self._catalog.changes("", server=server)) if is_few else self._eventful
        changes = {row.tool_id: events[row.tool_id] for row in own if row.tool_id in events}
        has_changed = any(one.kind == "changed" for past in changes.values() for one in past)
        versions = self._catalog.histories(server) if has_changed else {}
        return {id_: (past, versions.get(id_, [])) for id_, past in changes.items()}

    def _offered(self, rows: Iterable[CatalogTool], pasts: Mapping[int, _Past]) -> ServerTools:
        tools: list[ToolFacts] = []
        unclassified: list[str] = []
        met: Counter[str] = Counter()
        for row in rows:
            ordinal = met[row.tool.name]
            met[row.tool.name] += 1
            if row.classification is None:
                if row.removed_at is None and row.tool.server not in self._withdrawn:
                    unclassified.append(row.tool.name)
                continue
            gone = row.removed_at or self._withdrawn.get(row.tool.server)
            tools.append(_tool(row, ordinal, pasts.get(row.tool_id, _NONE), gone))
        return ServerTools(tuple(tools), tuple(unclassified))

    def many(self, servers: AbstractSet[str]) -> Iterator[tuple[str, ServerTools]]:
        """Yield (name, tools) of these servers, without histories, in one pass."""
        few = servers if len(servers) < _FEW else None
        rows = self._catalog.tools(servers=few, include_removed=True, include_withdrawn=True)
        for name, group in groupby(rows, key=lambda row: row.tool.server):
            if name in servers:
                yield name, self._offered(group, {})

    def fingerprints(self) -> Mapping[str, str]:
        """Return a digest of all that the catalogue knows, for each server."""
        return self._catalog.fingerprints()

    def changes(self) -> Sequence[Changed]:
        """Return what was added, changed and removed."""
        return [_changed(one) for one in self._all_changes]

    @cached_property
    def _all_changes(self) -> tuple[Change, ...]:
        return tuple(self._catalog.changes(""))

    @cached_property
    def _eventful(self) -> Mapping[int, list[Change]]:
        return _eventful(self._all_changes)


_Past = tuple[list[Change], list[CatalogVersion]]
_NONE: _Past = ([], [])


def _eventful(changes: Iterable[Change]) -> Mapping[int, list[Change]]:
    """Return the changes by tool, of those that did more than come; most did not."""
    found: defaultdict[int, list[Change]] = defaultdict(list)
    for one in changes:
        found[one.tool_id].append(one)
    return {tool_id: past for tool_id, past in found.items() if len(past) > 1}


def _changed(one: Change) -> Changed:
    return Changed(
        kind=one.kind,
        server=one.server,
        tool=one.tool,
        at=one.at,
        definition_sha256=one.definition_sha256,
    )


def _tool(row: CatalogTool, ordinal: int, past: _Past, removed_at: str | None) -> ToolFacts:
    changes, versions = past
    return ToolFacts(
        tool=row.tool,
        classification=classification(row.classification or {}),
        origin=Origin(row.origin),
        first_seen=row.first_seen,
        last_seen=day(row.last_seen),
        removed_at=removed_at,
        ordinal=ordinal,
        history=tuple(_version(one) for one in versions),
        past=tuple(_changed(one) for one in changes),
    )


def _version(one: CatalogVersion) -> Version:
    return Version(
        definition_sha256=one.tool.definition_sha256,
        definition=one.tool.definition,
        first_seen=one.first_seen,
        last_seen=day(one.last_seen),
    )


def _server(row: CatalogServer) -> ServerFacts:
    probe = row.last_probe
    return ServerFacts(
        server=row.server,
        probe=_probe(probe) if probe else None,
        stated=_stated(row.stated) if row.stated else _kept(row.kept) if row.kept else None,
        listings=tuple(_by_day(listing.provenance) for listing in row.listings),
        first_seen=row.first_seen,
        last_seen=day(row.last_seen),
        instructions=probe.instructions if probe else None,
    )


def _stated(listing: Listing) -> StatedFacts | None:
    if not listing.problems and not listing.truncated:
        return None
    return StatedFacts(
        at=day(listing.provenance.fetched_at),
        unread=len(listing.problems),
        truncated=listing.truncated,
    )


def _kept(told: Probe) -> StatedFacts:
    return StatedFacts(
        at=day(told.started_at),
        unread=len(told.problems),
        truncated=told.truncated,
        broke_off=told.broke_off,
    )


def _by_day(provenance: Provenance) -> Provenance:
    return replace(provenance, fetched_at=day(provenance.fetched_at))


def _probe(probe: Probe) -> ProbeFacts:
    return ProbeFacts(
        outcome=probe.outcome,
        detail=probe.detail,
        transport=probe.transport,
        endpoint=probe.endpoint,
        era=probe.era,
        protocol_version=probe.protocol_version,
        sandbox=probe.sandbox,
        dummy_config=probe.dummy_config,
        truncated=probe.truncated,
        broke_off=probe.broke_off,
        unread=len(probe.problems),
        at=day(probe.started_at),
    )
