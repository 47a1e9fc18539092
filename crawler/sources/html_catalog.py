"""A catalogue that is a web site: sitemap, then pages with JSON-LD, else title and description.

Built for sites such as mcpmarket.com. robots.txt is asked for every page and its Crawl-delay is
kept by the fetcher's pace; nothing is fetched that it forbids. Off unless named: a full walk of
such a site takes half a day at the pace that it asks for.
"""

from collections.abc import AsyncIterator, Iterator
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from crawler.errors import FetchError
from crawler.identify import repository_key
from crawler.parse import load_json
from crawler.records import JsonObject, Listing, Outcome, Server, ServerName, Skipped
from crawler.sources import Getter, Source, skip, state, text_of

SOURCE = Source(
    id="html-catalog",
    title="A web catalogue",
    licence="by the site's terms; robots.txt and its Crawl-delay are kept",
)

_SITEMAPS = 50
_TYPES = ("SoftwareApplication", "SoftwareSourceCode", "WebApplication", "Product")


async def listings(
    fetcher: Getter, where: str, limit: int | None
) -> AsyncIterator[Listing | Skipped]:
    """Yield the servers of a site, from its sitemap; `where` is the site or the sitemap."""
    start = where if where.endswith(".xml") else urljoin(where, "/sitemap.xml")
    maps, read = [start], 0
    pages: list[str] = []
    while maps and read < _SITEMAPS and (limit is None or len(pages) < limit):
        url, read = maps.pop(0), read + 1
        try:
            found = _locations((await _page(fetcher, url)).decode("utf-8", "replace"))
        except FetchError as error:
            yield skip(url, error)
            continue
        same = [one for one in found if urlsplit(one).netloc == urlsplit(start).netloc]
        maps += [one for one in same if one.endswith(".xml")]
        pages += [
            one for one in same if "/server" in urlsplit(one).path and one.endswith(".xml") < 1
        ]
    for url in list(dict.fromkeys(pages))[:limit]:
        try:
            yield _listing(url, await _page(fetcher, url))
        except FetchError as error:
            yield skip(url, error)


def _is_server_page(url: str) -> bool:
    return "/server" in urlsplit(url).path and not url.endswith(".xml")


async def _page(fetcher: Getter, url: str) -> bytes:
    if not await fetcher.allowed(url):
        raise FetchError(Outcome.SKIPPED_POLICY, f"{url}: robots.txt forbids it")
    return (await fetcher.get(url)).body


def _locations(text: str) -> list[str]:
    return [node.text(strip=True) for node in LexborHTMLParser(text).css("loc")]


def _listing(url: str, body: bytes) -> Listing:
    tree = LexborHTMLParser(body.decode("utf-8", "replace"))
    stated = next((one for one in _json_ld(tree) if one.get("@type") in _TYPES), {})
    title = text_of(stated, "name") or _title(tree)
    if title is None:
        raise FetchError(Outcome.PROTOCOL_ERROR, f"{url}: the page names no server")
    links = [text_of(stated, key) for key in ("codeRepository", "sameAs", "author.url", "url")]
    links += [node.attributes.get("href") for node in tree.css('a[href*="github.com/"]')]
    repository = next((link for link in links if link and repository_key(link)), None)
    slug = urlsplit(url).path.rstrip("/").rpartition("/")[2]
    server = Server(
        name=ServerName(f"{urlsplit(url).netloc}:{slug}"),
        title=title,
        description=text_of(stated, "description") or _meta(tree, "description"),
        repository_url=repository,
        website_url=url,
    )
    return state(SOURCE, server, url, stated or [title, server.description])


def _json_ld(tree: LexborHTMLParser) -> Iterator[JsonObject]:
    """Yield the objects of every JSON-LD block: one, a list, or a @graph; malformed ones not."""
    for node in tree.css('script[type="application/ld+json"]'):
        try:
            value = load_json(node.text().encode())
        except ValueError:
            continue
        graph = value.get("@graph", [value]) if isinstance(value, dict) else value
        for one in graph if isinstance(graph, list) else ():
            if isinstance(one, dict):
                yield one


def _title(tree: LexborHTMLParser) -> str | None:
    node = tree.css_first("title") or tree.css_first("h1")
    text = node.text(strip=True).partition(" | ")[0] if node is not None else ""
    return text or None


def _meta(tree: LexborHTMLParser, name: str) -> str | None:
    node = tree.css_first(f'meta[name="{name}"]')
    return node.attributes.get("content") if node is not None else None
