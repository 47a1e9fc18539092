"""Glama: a list of servers with repositories and, at times, tools. Needs a key.

The Glama API Data License asks for a visible credit and a link back to each listing's `url`:
that is why the listing's own address is what provenance holds.
"""

from collections.abc import AsyncIterator
from urllib.parse import urlencode

from crawler.errors import FetchError
from crawler.parse import parse_tools
from crawler.records import JsonObject, Listing, Outcome, Server, ServerName, Skipped
from crawler.sources import Getter, Source, key_of, objects, parse_json, skip, state, text_of

SOURCE = Source(
    id="glama",
    title="Glama",
    licence="Glama API Data License: a visible credit and a link back to each listing",
    credit="listing data by Glama, under the Glama API Data License",
    where="https://glama.ai/api/mcp/v1",
    key="GLAMA_API_KEY",
    needs_key=True,
)

_PAGES = 400  # a walk is capped at 20,000 servers by the service itself


async def listings(
    fetcher: Getter, where: str, limit: int | None
) -> AsyncIterator[Listing | Skipped]:
    """Yield the servers of the list; without the key, one `Skipped` that names it.

    The key goes to Glama's own host alone.
    """
    key = key_of(SOURCE, where)
    if not key and where == SOURCE.where:
        reason = f"Glama needs a key: set {SOURCE.key}"
        yield Skipped(subject=SOURCE.id, outcome=Outcome.NEEDS_CONFIG, reason=reason)
        return
    cursor: str | None = None
    seen: set[str] = set()
    left = limit
    for _ in range(_PAGES):
        query = urlencode(
            {"first": 100} | ({"after": cursor} if cursor else {}), errors="backslashreplace"
        )
        url = f"{where.rstrip('/')}/servers?{query}"
        try:
            headers = {"Accept": "application/json"}
            if key:
                headers["Authorization"] = f"Bearer {key}"
            page = parse_json((await fetcher.get(url, headers)).body, url.partition("?")[0])
        except FetchError as error:
            yield skip(where, error)
            return
        rows = objects(page.get("servers")) if isinstance(page, dict) else []
        for row in rows:
            if left is not None and left <= 0:
                return
            left = None if left is None else left - 1
            yield _server(row)
        cursor = text_of(page, "pageInfo.endCursor")
        more = isinstance(page, dict) and isinstance(page.get("pageInfo"), dict)
        if not rows or not more or not page["pageInfo"].get("hasNextPage") or cursor is None:
            return
        if cursor in seen:
            return
        seen.add(cursor)


def _server(row: JsonObject) -> Listing:
    path = "/".join(p for p in (text_of(row, "namespace"), text_of(row, "slug")) if p)
    name = path or text_of(row, "id", "name") or "unnamed"
    server = Server(
        name=ServerName(f"glama:{name}"),
        title=text_of(row, "name"),
        description=text_of(row, "description"),
        repository_url=text_of(row, "repository.url"),
        website_url=text_of(row, "url"),
    )
    text = ". ".join(part for part in (server.title, server.description) if part)
    listed = parse_tools(server.name, objects(row.get("tools")), text)
    url = text_of(row, "url") or f"{SOURCE.where}/servers/{name}"
    return state(SOURCE, server, url, row, listed if listed[0] else None)
