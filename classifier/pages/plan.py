"""The index that every page is rendered against, and what each server's pages depend on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from classifier.lookalike import Lookalike, imitations, known
from classifier.pages import words
from classifier.pages.index import Index
from classifier.pages.likeness import Likeness, exact_key
from classifier.pages.model import Row, ServerFacts, ServerTools, ToolFacts
from classifier.pages.overview import Overview, ServerEntry
from classifier.pages.rows import rows_of

SIMILAR_SERVERS = 6
SHARED = 3
"""Servers are similar when they have so many tool names in common."""

_SHORT = 12
"""Hexadecimal digits of a digest that tells one state of a page from the one before."""

TOO_COMMON = 60
"""A name on more servers than this says nothing about a server."""


def paired(facts: ServerFacts, slug: str, offered: ServerTools) -> list[tuple[Row, ToolFacts]]:
    """Return every tool of a server with its row, worst first."""
    rows = rows_of(facts, slug, offered.tools)
    both = zip(rows, offered.tools, strict=True)
    return sorted(both, key=lambda pair: (*pair[0].key, pair[0].path))


@dataclass(frozen=True)
class Plan:
    """Everything about the whole catalogue that the page of one server needs."""

    servers: tuple[ServerFacts, ...]
    slug: dict[str, str]
    rows: dict[str, tuple[Row, ...]]
    """Rows of the tools that a server lists, by server."""
    gone: dict[str, tuple[Row, ...]]
    """Rows of the tools that a server lists no more; their pages stay, as tombstones."""
    overview: Overview
    base_url: str | None
    stamp: str
    index: Index

    @cached_property
    def _likeness(self) -> Likeness:
        return Likeness(self.rows, self.index)

    def similar(self, row: Row) -> tuple[Row, ...]:
        """Return the closest tools of other servers."""
        return self._likeness.closest(row)

    def similar_servers(self, name: str) -> tuple[tuple[str, str, int], ...]:
        """Return (title, slug, shared names) of the servers with most tool names in common."""
        shared: Counter[str] = Counter()
        for key in {exact_key(row.name) for row in self.rows[name]}:
            others = {row.server for row in self._likeness.exact.get(key, ())}
            if len(others) <= TOO_COMMON:
                shared.update(others - {name})
        ranked = sorted(shared.items(), key=lambda one: (-one[1], one[0]))
        return tuple(
            (self.titles[other], self.slug[other], count)
            for other, count in ranked[:SIMILAR_SERVERS]
            if count >= SHARED
        )

    @cached_property
    def _imitations(self) -> dict[str, Lookalike]:
        present = [
            known(facts.server, len({one.source for one in facts.listings}), facts.first_seen)
            for facts in self.servers
            if not facts.is_withdrawn
        ]
        return {server.server: found for server, found in imitations(present)}

    def imitates(self, name: str) -> tuple[str, str, str | None] | None:
        """Return (name, how, slug if it is here) of a better-known server of a like name."""
        found = self._imitations.get(name)
        if found is None:
            return None
        return str(found.of), found.how.value, self.slug.get(found.of_server)

    @cached_property
    def paths(self) -> frozenset[str]:
        """Paths of all tools' pages, without extension."""
        return frozenset(row.path for name in self.slug for row in self._pages(name))

    @cached_property
    def titles(self) -> dict[str, str]:
        """Titles of the servers, by name."""
        return {
            facts.server.name: words.server_title(facts.server.name, facts.server.title)
            for facts in self.servers
        }

    def around(
        self, name: str, moved: AbstractSet[str], before: Sequence[str] | None
    ) -> Sequence[str]:
        """Return digests of what other servers say on the pages of this one.

        The first is about the server's own page, then comes one for each row. Those of rows that
        have not moved are taken from before, if there is any.
        """
        gone = {row.path for row in self.gone[name]}  # few, and in no index: looked at each time
        rows = self._pages(name)
        if before is None:
            before, moved = [""] * (len(rows) + 1), {row.path for row in rows}
        if not gone and moved.isdisjoint(row.path for row in rows):
            return before
        made = [
            self._beside(row) if row.path in moved or row.path in gone else known
            for row, known in zip(rows, before[1:], strict=True)
        ]
        return [_digest(repr(self.similar_servers(name)))[:_SHORT], *made]

    def differing(self, name: str, was: Sequence[str], now: Sequence[str]) -> frozenset[str]:
        """Return the paths of a server's pages, without extension, that others changed around."""
        paths = [f"servers/{self.slug[name]}", *(row.path for row in self._pages(name))]
        return frozenset(path for path, old, new in zip(paths, was, now, strict=True) if old != new)

    def _pages(self, name: str) -> tuple[Row, ...]:
        return self.rows[name] + self.gone[name]

    def _beside(self, row: Row) -> str:
        similar = [(r.path, r.server_title, r.category, r.risk) for r in self.similar(row)]
        return _digest(repr(similar))[:_SHORT] if similar else ""

    def moved(self, rows: Mapping[str, Sequence[Row]]) -> set[str]:
        """Return the paths whose `around` may be another, now that these rows came or went."""
        return self._likeness.near(rows)

    def row_of(self, server: str, stored: str) -> Row | None:
        """Return the row of a tool by its name as the catalogue's columns have it.

        These have lone surrogates as escapes, which no definition and no path is made of.
        """
        rows = self._pages(server) if server in self.slug else ()
        for spelling in (str, _stored) if "\\u" in stored else (str,):
            for row in rows:
                if spelling(row.name) == stored:
                    return row
        return None

    def key(self, name: str, fingerprint: str) -> str:
        """Return the digest of all that the pages of a server depend on besides `around`."""
        scale = self.overview.scale
        own = (self.stamp, self.base_url, self.slug[name], scale, self.imitates(name))
        return _digest(f"{fingerprint}\n{own!r}")


def _stored(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def entries(
    servers: Iterable[ServerFacts], slug: dict[str, str], rows: dict[str, tuple[Row, ...]]
) -> Iterator[ServerEntry]:
    """Yield the servers as lists show them: those that a registry withdrew are in none."""
    for facts in servers:
        if facts.is_withdrawn:
            continue
        server = facts.server
        yield ServerEntry(
            name=server.name,
            title=words.server_title(server.name, server.title),
            slug=slug[server.name],
            text=words.cut(" ".join((server.description or "").split()), 160),
            count=len(rows[server.name]),
            last_seen=facts.last_seen,
        )
