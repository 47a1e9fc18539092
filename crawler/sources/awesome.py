"""Curated lists in Markdown: discovery seeds only, never evidence about tools.

Read are bullets such as `- **[Name](url)** - description` and `- [owner/repo](url) flags - text`
whose link is a repository; headings, broken lines and other links are passed over.
"""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import re2

from crawler.domains import CODE_HOSTS
from crawler.errors import FetchError
from crawler.identify import repository_key
from crawler.records import Listing, Outcome, Server, ServerName, Skipped
from crawler.sources import Getter, Source, read, skip, state

SOURCE = Source(
    id="awesome",
    title="Awesome lists",
    licence="each list by its own licence; only names and links are taken",
    where="https://raw.githubusercontent.com/punkpeye/awesome-mcp-servers/main/README.md",
)

_BULLET = re2.compile(  # type: ignore[no-untyped-call]
    r"^\s*[-*+]\s+(?:\*\*|__)?\[([^\]\n]{1,200})\]\((https?://[^\s)]{1,500})\)(?:\*\*|__)?(.*)"
)
_LONGEST_LINE = 3000


async def listings(
    fetcher: Getter, where: str, limit: int | None
) -> AsyncIterator[Listing | Skipped]:
    """Yield one server for each repository that a list links to, once."""
    try:
        text = (await read(fetcher, where)).decode("utf-8", "replace")
    except FetchError as error:
        yield skip(where, error)
        return
    seen: set[str] = set()
    for line in text.splitlines():
        if limit is not None and len(seen) >= limit:
            return
        listing = _listing(line, where)
        if listing is not None and listing.server.name not in seen:
            seen.add(listing.server.name)
            yield listing
    if not seen:
        reason = f"{where} links to no repository in a list"
        yield skip(where, FetchError(Outcome.PROTOCOL_ERROR, reason))


def _listing(line: str, where: str) -> Listing | None:
    match = _BULLET.match(line[:_LONGEST_LINE])
    if match is None:
        return None
    label, url, rest = match.groups()
    key = repository_key(url)
    if key is None or urlsplit(url).hostname not in CODE_HOSTS:
        return None
    _, dash, description = rest.partition(" - ")
    server = Server(
        name=ServerName(key),
        title=label.strip(),
        description=description.strip() if dash and description.strip() else None,
        repository_url=url,
    )
    return state(SOURCE, server, where, [label, url])
