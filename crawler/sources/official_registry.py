"""Registries with the v0.1 API: the official one, GitHub's, and anyone's own.

They list servers with packages and remotes, never tools. The official registry asks aggregators
for about one scrape an hour and dedicates its data to the public domain (CC0 1.0). Subregistries
omit `_meta`, say `next_cursor`, or leave out the `server` wrapper; all of that is read.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from crawler.errors import FetchError
from crawler.gathered import utc_now
from crawler.records import (
    JsonObject,
    Listing,
    Outcome,
    Provenance,
    Skipped,
    canonical_json,
    sha256,
)
from crawler.server_json import parse_server, unwrap
from crawler.sources import Getter, Source, fetch_json
from crawler.targets import OFFICIAL_REGISTRY

PAGE_SIZE = 100
"""The most that the API gives in one answer; above it answers 422."""

_REFUSALS = frozenset({400, 422})
"""Statuses that refuse a parameter. Any other says nothing of it: without it withdrawals are lost."""

PAGE_CAP = 2000
"""Pages before we stop believing that a registry ends: 200,000 entries."""

SOURCE = Source(
    id="official-registry",
    title="Registries with the v0.1 API",
    licence="CC0 1.0 for the official registry; others by their own terms",
    credit="data from the Official MCP Registry, CC0 1.0",
    where=OFFICIAL_REGISTRY,
)


def source_of(base_url: str) -> str:
    """Return the name under which what a registry says is stored: the official one has an id."""
    base = base_url.rstrip("/")
    return SOURCE.id if base == OFFICIAL_REGISTRY else base


async def listings(
    fetcher: Getter, base_url: str, limit: int | None = None, since: str | None = None
) -> AsyncIterator[Listing | Skipped]:
    """Yield each server of a registry once, at its newest version.

    Asks for newest versions only, and for withdrawn servers too, which become tombstones. Copes
    with registries that send all versions: entries of a name follow each other, and the one
    marked latest (else the last) stands. A page that cannot be had ends the walk with a
    `Skipped`, after everything that came before it. With `since` (RFC 3339) it asks for what has
    changed since then, withdrawn servers included.
    """
    source = _Source(base_url.rstrip("/"), since)
    left = limit
    async for entry in _entries(fetcher, source):
        found = entry if isinstance(entry, Skipped) else source.take(*entry)
        if found is None:
            continue
        if left is not None and isinstance(found, Listing):
            if left <= 0:
                return
            left -= 1
        yield found
    last = source.flush()
    if last is not None and (left is None or left > 0):
        yield last


async def _entries(
    fetcher: Getter, source: "_Source"
) -> AsyncIterator[tuple[JsonObject, JsonObject] | Skipped]:
    """Walk the pages; stop at the end, at a cursor seen before, or at the page cap."""
    cursor: str | None = None
    seen: set[str] = set()
    query = {"limit": str(PAGE_SIZE), "version": "latest", "include_deleted": "true"}
    query |= {"updated_since": source.since} if source.since else {}
    for _ in range(PAGE_CAP):
        asked = query | ({"cursor": cursor} if cursor else {})
        url = f"{source.api}/servers?{urlencode(asked, errors='backslashreplace')}"
        try:
            page = await fetch_json(fetcher, url)
        except FetchError as error:
            extra = next((key for key in ("updated_since", "include_deleted") if key in query), "")
            if error.status in _REFUSALS and cursor is None and extra:
                del query[extra]  # an older registry, which refuses what it does not know
                continue
            yield Skipped(subject=source.base, outcome=error.outcome, reason=str(error))
            return
        entries = page.get("servers") if isinstance(page, dict) else page
        if not isinstance(entries, list):
            reason = f"{source.base} does not answer like a registry: no list of servers"
            yield Skipped(subject=source.base, outcome=Outcome.PROTOCOL_ERROR, reason=reason)
            return
        for entry in entries:
            server = unwrap(entry)
            if server is None:
                reason = f"{source.base} lists an entry without a name"
                yield Skipped(subject=source.base, outcome=Outcome.PROTOCOL_ERROR, reason=reason)
            else:
                yield server
        cursor = _next_cursor(page)
        if not cursor:
            return
        if cursor in seen:
            reason = f"{source.base} repeats its pages; the walk was ended"
            yield Skipped(subject=source.base, outcome=Outcome.PROTOCOL_ERROR, reason=reason)
            return
        seen.add(cursor)
    reason = f"{source.base} does not end after {PAGE_CAP} pages; the walk was ended"
    yield Skipped(subject=source.base, outcome=Outcome.TOO_LARGE, reason=reason)


def _next_cursor(page: Any) -> str | None:
    holder = page.get("metadata") if isinstance(page, dict) else None
    for place in (holder, page):
        if isinstance(place, dict):
            for key in ("nextCursor", "next_cursor"):
                if isinstance(place.get(key), str):
                    return str(place[key])
    return None


@dataclass(slots=True)
class _Source:
    """One registry during one walk: turns runs of versions into one listing a server."""

    base: str
    since: str | None = None
    done: dict[str, int] = field(default_factory=dict)
    held: tuple[int, Listing] | None = None

    @property
    def api(self) -> str:
        """The base of the API; a URL that already names a version of it is kept."""
        return self.base if self.base.endswith(("/v0.1", "/v0")) else f"{self.base}/v0.1"

    def take(self, server: JsonObject, notes: JsonObject) -> Listing | None:
        """Hold a version; return the listing of the server before it, when that is complete."""
        rank = 2 if notes.get("isLatest", notes.get("is_latest")) is True else 1
        listing = self._listing(server, notes)
        if self.held is not None and self.held[1].server.name == listing.server.name:
            if rank >= self.held[0]:
                self.held = rank, listing
            return None
        finished = self.flush()
        self.held = rank, listing
        return finished

    def flush(self) -> Listing | None:
        """Return the listing that is held, unless a better one of that server was returned."""
        if self.held is None:
            return None
        rank, listing = self.held
        self.held = None
        key = listing.server.name.casefold()
        if self.done.get(key, 0) >= rank:
            return None
        self.done[key] = rank
        return listing

    def _listing(self, server: JsonObject, notes: JsonObject) -> Listing:
        parsed = parse_server(server, notes)
        return Listing(
            server=parsed,
            provenance=Provenance(
                source=source_of(self.base),
                url=f"{self.api}/servers/{quote(parsed.name, safe='', errors='backslashreplace')}/versions/latest",
                fetched_at=utc_now(),
                sha256=sha256(canonical_json(server)),
            ),
        )
