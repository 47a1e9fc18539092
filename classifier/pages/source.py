"""The catalogue as a source of pages: rows in, facts out, one server at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from classifier.pages.model import ProbeFacts, ServerFacts, ServerTools, ToolFacts, Version
from classifier.pages.stored import classification
from crawler.catalog import Catalog, CatalogServer, CatalogTool
from crawler.records import Origin, Probe


class CatalogSource:
    """Facts of an open catalogue."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def servers(self) -> Sequence[ServerFacts]:
        """Return every server that its sources have not withdrawn, sorted by name."""
        found = (_server(row) for row in self._catalog.servers())
        return [facts for facts in found if facts.server.status != "deleted"]

    def tools(self, server: str) -> ServerTools:
        """Return the tools of one server, those that it no longer lists included."""
        tools: list[ToolFacts] = []
        unclassified: list[str] = []
        met: Counter[str] = Counter()
        for row in self._catalog.tools(server=server, include_removed=True):
            ordinal = met[row.tool.name]
            met[row.tool.name] += 1
            if row.classification is None:
                if row.removed_at is None:
                    unclassified.append(row.tool.name)
                continue
            tools.append(self._tool(row, ordinal))
        return ServerTools(tuple(tools), tuple(unclassified))

    def _tool(self, row: CatalogTool, ordinal: int) -> ToolFacts:
        return ToolFacts(
            tool=row.tool,
            classification=classification(row.classification or {}),
            origin=Origin(row.origin),
            first_seen=row.first_seen,
            last_seen=row.last_seen,
            removed_at=row.removed_at,
            ordinal=ordinal,
            history=self._history(row.tool_id) if row.tool_id in self._changed else (),
        )

    @cached_property
    def _changed(self) -> frozenset[int]:
        """Ids of the tools that have had more than one definition; most have one."""
        changes = self._catalog.changes("")
        return frozenset(one.tool_id for one in changes if one.kind == "changed")

    def _history(self, tool_id: int) -> tuple[Version, ...]:
        versions: list[Version] = []
        for one in self._catalog.history(tool_id):
            digest = one.tool.definition_sha256
            if not versions or versions[-1].definition_sha256 != digest:
                versions.append(
                    Version(
                        definition_sha256=digest,
                        definition=one.tool.definition,
                        first_seen=one.first_seen,
                        last_seen=one.last_seen,
                    )
                )
        return tuple(versions)


def _server(row: CatalogServer) -> ServerFacts:
    probe = row.last_probe
    return ServerFacts(
        server=row.server,
        probe=_probe(probe) if probe else None,
        listings=tuple(listing.provenance for listing in row.listings),
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        instructions=probe.instructions if probe else None,
    )


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
        at=probe.started_at,
    )
