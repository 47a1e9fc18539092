"""The index that every page is rendered against, and what each server's pages depend on."""

from __future__ import annotations

import re  # noqa: TID251  # one character class on names cut to 200 characters
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from classifier.pages import words
from classifier.pages.model import Row, ServerFacts, ServerTools, ToolFacts
from classifier.pages.overview import Overview, ServerEntry
from classifier.pages.rows import rows_of

SIMILAR = 4
SIMILAR_SERVERS = 6
SHARED = 3
"""Servers are similar when they have so many tool names in common."""

TOO_COMMON = 60
"""A name on more servers than this says nothing about a server."""

SHORTEST = 6
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")


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
    overview: Overview
    base_url: str | None
    stamp: str

    @cached_property
    def _namesakes(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = defaultdict(list)
        for name in sorted(self.rows):
            for row in self.rows[name]:
                found[plain_name(row.name)].append(row)
        return found

    def similar(self, row: Row) -> tuple[Row, ...]:
        """Return the closest tools elsewhere: the same words in the name, then the text."""
        key = plain_name(row.name)
        others = [r for r in self._namesakes.get(key, ()) if r.server != row.server]
        if len(key) < SHORTEST or not others:
            return ()
        mine = set(row.summary.lower().split())
        near = [(-_overlap(mine, other.summary), other.path, other) for other in others[:200]]
        near.sort(key=lambda one: one[:2])
        return tuple(other for *_, other in near[:SIMILAR])

    def similar_servers(self, name: str) -> tuple[tuple[str, str, int], ...]:
        """Return (title, slug, shared names) of the servers with most tool names in common."""
        shared: Counter[str] = Counter()
        for key in {plain_name(row.name) for row in self.rows[name]}:
            others = {row.server for row in self._namesakes.get(key, ())}
            if len(others) <= TOO_COMMON:
                shared.update(others - {name})
        ranked = sorted(shared.items(), key=lambda one: (-one[1], one[0]))
        return tuple(
            (self.titles[other], self.slug[other], count)
            for other, count in ranked[:SIMILAR_SERVERS]
            if count >= SHARED
        )

    @cached_property
    def titles(self) -> dict[str, str]:
        """Titles of the servers, by name."""
        return {
            facts.server.name: words.server_title(facts.server.name, facts.server.title)
            for facts in self.servers
        }

    def key(self, name: str, fingerprint: str) -> str:
        """Return the digest of all that the pages of a server depend on."""
        around = (
            self.stamp,
            self.base_url,
            self.slug[name],
            self.overview.scale,
            self.similar_servers(name),
            [
                [(r.path, r.server_title, r.category, r.risk) for r in self.similar(row)]
                for row in self.rows[name]
            ],
        )
        text = f"{fingerprint}\n{around!r}"
        return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _overlap(mine: set[str], summary: str) -> float:
    theirs = set(summary.lower().split())
    return len(mine & theirs) / (len(mine | theirs) or 1)


def plain_name(name: str) -> str:
    """Return the words of a name, sorted: `get_issue`, `getIssue` and `issue-get` are one."""
    parts = [part.lower() for part in _PARTS.findall(name[:200])]
    return " ".join(sorted(parts)) or name[:200]


def entries(
    servers: Iterable[ServerFacts], slug: dict[str, str], rows: dict[str, tuple[Row, ...]]
) -> Iterator[ServerEntry]:
    """Yield the servers as lists show them."""
    for facts in servers:
        server = facts.server
        yield ServerEntry(
            name=server.name,
            title=words.server_title(server.name, server.title),
            slug=slug[server.name],
            text=words.cut(" ".join((server.description or "").split()), 160),
            count=len(rows[server.name]),
            last_seen=facts.last_seen,
        )
