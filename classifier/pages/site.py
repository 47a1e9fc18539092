"""A site out of facts: plan the index, render what changed, swap the whole in.

A build is deterministic: the same facts give the same bytes, whatever the order or the number of
processes. Servers are rendered one at a time, so that memory does not grow with the catalogue's
texts, only with its index.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from classifier.errors import PageError
from classifier.pages import words
from classifier.pages.model import (
    BuildSummary,
    Row,
    Scale,
    ServerFacts,
    ServerPage,
    ServerTools,
    SiteSource,
    ToolFacts,
    ToolPage,
)
from classifier.pages.overview import Overview, ServerEntry, overview_files
from classifier.pages.rows import rows_of, worst_first
from classifier.pages.search import search_files
from classifier.pages.server_site import server_files
from classifier.pages.slugs import slugs
from classifier.pages.store import Manifest, read_manifest, staging
from classifier.pages.tool_site import tool_files

SIBLINGS = 8

Observer = Callable[[str, int, int], None]
"""Called with (stage, done, of how many)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The index that every page is rendered against."""

    servers: tuple[ServerFacts, ...]
    slug: dict[str, str]
    overview: Overview
    stamp: str
    base_url: str | None
    unclassified: int

    @property
    def scale(self) -> Scale:
        """How large the index is."""
        return self.overview.scale


def build(
    source: SiteSource,
    out: Path,
    base_url: str | None = None,
    observer: Observer | None = None,
) -> BuildSummary:
    """Write the site of a source to a folder, whole or not at all.

    Raises:
        PageError: the folder is not ours or cannot be written, or there is nothing to show.

    """
    started = time.monotonic()
    tell = observer or (lambda _stage, _done, _total: None)
    read_manifest(out)
    plan = _plan(source, base_url, tell)
    pages = 0
    with staging(out) as stage:
        for done, facts in enumerate(plan.servers, start=1):
            for path, data in _server(plan, facts, source.tools(facts.server.name)):
                stage.write(path, data)
                pages += path.endswith(".html")
            tell("pages", done, len(plan.servers))
        for path, data in _around(plan):
            stage.write(path, data)
            pages += path.endswith(".html")
        stage.finish(Manifest(stamp=plan.stamp))
        written = stage.written
    return BuildSummary(
        servers=len(plan.servers),
        tools=len(plan.overview.rows),
        pages=pages,
        written=written,
        kept=0,
        unclassified=plan.unclassified,
        seconds=time.monotonic() - started,
    )


def _plan(source: SiteSource, base_url: str | None, tell: Observer) -> Plan:
    servers = tuple(source.servers())
    slug = slugs(facts.server.name for facts in servers)
    rows: list[Row] = []
    entries: list[ServerEntry] = []
    judges: set[tuple[str, str]] = set()
    unclassified = 0
    for done, facts in enumerate(servers, start=1):
        name = facts.server.name
        offered = source.tools(name)
        own = [row for row, tool in _paired(facts, slug[name], offered) if not tool.removed_at]
        rows += own
        entries.append(_entry(facts, slug[name], len(own)))
        judges.update((t.classification.ruleset, t.classification.model) for t in offered.tools)
        unclassified += len(offered.unclassified)
        tell("index", done, len(servers))
    if not rows and unclassified:
        raise PageError(
            "nothing to show: the catalogue's tools are not classified; run `toolrisk classify`"
        )
    overview = Overview(
        rows=worst_first(rows),
        servers=tuple(entries),
        stamp=stamp(),
        rulesets=tuple(sorted({ruleset for ruleset, _ in judges})),
        models=tuple(sorted({model for _, model in judges if model})),
        base_url=base_url,
    )
    return Plan(servers, slug, overview, stamp(), base_url, unclassified)


def _entry(facts: ServerFacts, slug: str, count: int) -> ServerEntry:
    server = facts.server
    return ServerEntry(
        name=server.name,
        title=words.server_title(server.name, server.title),
        slug=slug,
        text=words.cut(" ".join((server.description or "").split()), 160),
        count=count,
        last_seen=facts.last_seen,
    )


def _paired(facts: ServerFacts, slug: str, offered: ServerTools) -> list[tuple[Row, ToolFacts]]:
    """Return every tool of a server with its row, worst first."""
    rows = rows_of(facts, slug, offered.tools)
    return sorted(
        zip(rows, offered.tools, strict=True), key=lambda pair: (*pair[0].key, pair[0].path)
    )


def _server(plan: Plan, facts: ServerFacts, offered: ServerTools) -> Iterator[tuple[str, bytes]]:
    """Yield the files of one server and of its tools."""
    name = facts.server.name
    paired = _paired(facts, plan.slug[name], offered)
    listed = [(row, tool) for row, tool in paired if not tool.removed_at]
    rows = tuple(row for row, _ in listed)
    page = ServerPage(
        facts=facts,
        title=words.server_title(name, facts.server.title),
        slug=plan.slug[name],
        rows=rows,
        tools=tuple(tool for _, tool in listed),
        unclassified=offered.unclassified,
    )
    yield from server_files(page, plan.stamp, plan.base_url)
    for row, tool in paired:
        siblings = tuple(other for other in rows[: SIBLINGS + 1] if other.path != row.path)
        one = ToolPage(
            facts=tool,
            server=page,
            row=row,
            scale=plan.scale,
            siblings=siblings[:SIBLINGS],
            base_url=plan.base_url,
        )
        yield from tool_files(one, plan.stamp)


def _around(plan: Plan) -> Iterator[tuple[str, bytes]]:
    yield from overview_files(plan.overview)
    yield from search_files(plan.overview)
    yield from static_files()


def static_files() -> Iterator[tuple[str, bytes]]:
    """Yield the shared assets."""
    folder = Path(__file__).parent / "static"
    for path in sorted(folder.iterdir()):
        yield f"static/{path.name}", path.read_bytes()


@lru_cache(maxsize=1)
def stamp() -> str:
    """Return a digest of the assets, which makes a browser fetch changed ones."""
    digest = sha256()
    for path, data in static_files():
        digest.update(path.encode() + b"\0" + data)
    return digest.hexdigest()[:12]
