"""The catalogue as a source of pages: rows in, facts out, one server at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import cached_property
from itertools import groupby, pairwise

from classifier.pages.model import Changed, ProbeFacts, ServerFacts, ServerTools, ToolFacts, Version
from classifier.pages.stored import classification
from classifier.pages.words import day
from crawler.catalog import Catalog, CatalogServer, CatalogTool, CatalogVersion, Change
from crawler.records import Origin, Probe, Provenance

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
        """The withdrawn servers, each with the day on which a source last spoke of it."""
        return {f.server.name: f.last_seen for f in self._servers if f.is_withdrawn}

    def tools(self, server: str) -> ServerTools:
        """Return the tools of one server, those that it no longer lists included."""
        found = (tools for _, tools in self.several((server,)))
        return next(found, ServerTools(()))

    def several(self, servers: Collection[str]) -> Iterator[tuple[str, ServerTools]]:
        """Yield (name, tools) of the servers that have tools, with histories."""
        rows = self._catalog.tools(servers=servers, include_removed=True, include_withdrawn=True)
        for name, group in groupby(rows, key=lambda row: row.tool.server):
            own = list(group)
            yield name, self._offered(own, self._histories(name, own, is_few=len(servers) < _FEW))

    def _histories(
        self, server: str, own: Sequence[CatalogTool], *, is_few: bool
    ) -> Mapping[int, list[CatalogVersion]]:
        """Return the definitions of a server's tools, by tool; of one that never changed, none.

        Who changed is asked of all at once; for a few servers, looking takes less than that.
        """
        if not is_few:
            has_changed = any(row.tool_id in self._changed for row in own)
            return self._catalog.histories(server) if has_changed else {}
        found = self._catalog.histories(server)
        ids = {row.tool_id for row in own}
        return found if any(_drifted(found.get(id_, ())) for id_ in ids) else {}

    def _offered(
        self, rows: Iterable[CatalogTool], histories: Mapping[int, list[CatalogVersion]]
    ) -> ServerTools:
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
            tools.append(_tool(row, ordinal, histories.get(row.tool_id, ()), gone))
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
        return [
            Changed(
                kind=one.kind,
                server=one.server,
                tool=one.tool,
                at=one.at,
                definition_sha256=one.definition_sha256,
            )
            for one in self._all_changes
        ]

    @cached_property
    def _all_changes(self) -> tuple[Change, ...]:
        return tuple(self._catalog.changes(""))

    @cached_property
    def _changed(self) -> frozenset[int]:
        """Ids of the tools that have had more than one definition; most have one."""
        return frozenset(one.tool_id for one in self._all_changes if one.kind == "changed")


def _tool(
    row: CatalogTool, ordinal: int, versions: Sequence[CatalogVersion], removed_at: str | None
) -> ToolFacts:
    return ToolFacts(
        tool=row.tool,
        classification=classification(row.classification or {}),
        origin=Origin(row.origin),
        first_seen=row.first_seen,
        last_seen=day(row.last_seen),
        removed_at=removed_at,
        ordinal=ordinal,
        history=_history(versions),
    )


def _drifted(versions: Sequence[CatalogVersion]) -> bool:
    digests = [one.tool.definition_sha256 for one in versions]
    return any(one != other for one, other in pairwise(digests))


def _history(versions: Sequence[CatalogVersion]) -> tuple[Version, ...]:
    """Return the definitions in their order; a version for a new server text is not drift."""
    made: list[Version] = []
    for one in versions:
        digest = one.tool.definition_sha256
        if not made or made[-1].definition_sha256 != digest:
            made.append(
                Version(
                    definition_sha256=digest,
                    definition=one.tool.definition,
                    first_seen=one.first_seen,
                    last_seen=day(one.last_seen),
                )
            )
    return tuple(made)


def _server(row: CatalogServer) -> ServerFacts:
    probe = row.last_probe
    return ServerFacts(
        server=row.server,
        probe=_probe(probe) if probe else None,
        listings=tuple(_by_day(listing.provenance) for listing in row.listings),
        first_seen=row.first_seen,
        last_seen=day(row.last_seen),
        instructions=probe.instructions if probe else None,
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
        at=day(probe.started_at),
    )
