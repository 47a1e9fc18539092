"""Smithery: a list of servers, and tools with schemas in each server's detail.

Its terms are not published and its site forbids /api/ to robots, so it is off unless named. The
list ends after 500 rows whatever the total; a key is sent when there is one.
"""

from collections.abc import AsyncIterator
from urllib.parse import quote, urlencode

from crawler.errors import FetchError
from crawler.parse import parse_tools
from crawler.records import JsonObject, Listing, Outcome, Remote, Server, ServerName, Skipped
from crawler.sources import Getter, Source, key_of, objects, parse_json, skip, state, text_of

SOURCE = Source(
    id="smithery",
    title="Smithery",
    licence="no public terms found; tool text only, off by default",
    where="https://registry.smithery.ai",
    key="SMITHERY_API_KEY",
)

_PAGES = 100


async def listings(
    fetcher: Getter, where: str, limit: int | None
) -> AsyncIterator[Listing | Skipped]:
    """Yield the servers of the list, each with its detail; a detail that fails is left out."""
    base = where.rstrip("/")
    seen: set[str] = set()
    for page in range(1, _PAGES + 1):
        try:
            answer = await _get(
                fetcher, f"{base}/servers?{urlencode({'page': page, 'pageSize': 100})}"
            )
        except FetchError as error:
            yield skip(base, error)
            return
        rows = objects(answer.get("servers"))
        fresh = [row for row in rows if (text_of(row, "qualifiedName") or "") not in seen]
        for row in fresh:
            name = text_of(row, "qualifiedName")
            if name is None or name in seen:
                continue
            if limit is not None and len(seen) >= limit:
                return
            seen.add(name)
            yield await _server(fetcher, base, name, row)
        total = answer.get("pagination")
        last = total.get("totalPages") if isinstance(total, dict) else None
        if not fresh or (isinstance(last, int) and page >= last):
            return


async def _get(fetcher: Getter, url: str) -> JsonObject:
    key = key_of(SOURCE, url)
    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    label = url.partition("?")[0]
    value = parse_json((await fetcher.get(url, headers)).body, label)
    if not isinstance(value, dict):
        raise FetchError(Outcome.PROTOCOL_ERROR, f"{label} does not answer like Smithery")
    return value


async def _server(fetcher: Getter, base: str, name: str, row: JsonObject) -> Listing:
    url = f"{base}/servers/{quote(name, safe='@/', errors='backslashreplace')}"
    try:
        detail = row | await _get(fetcher, url)
    except FetchError:  # the list has said what it had to say; its tools stay unknown
        detail = row
    deployed = text_of(detail, "deploymentUrl")
    server = Server(
        name=ServerName(f"smithery:{name}"),
        title=text_of(detail, "displayName"),
        description=text_of(detail, "description"),
        website_url=text_of(detail, "homepage"),
        repository_url=text_of(detail, "repository.url", "repository"),
        # since 2026 connecting needs Smithery's own authentication
        remotes=(
            Remote(transport="streamable-http", url=deployed, required_inputs=("Authorization",)),
        )
        if deployed
        else (),
    )
    text = ". ".join(part for part in (server.title, server.description) if part)
    listed = parse_tools(server.name, objects(detail.get("tools")), text)
    return state(SOURCE, server, url, detail, listed if listed[0] else None)
