"""A catalogue that is a web site: sitemap, then pages with JSON-LD, else title and description.

Built for sites such as mcpmarket.com. robots.txt is asked for every page, and for every address that
one redirects to, and its Crawl-delay is kept by the fetcher; nothing is fetched that it forbids. Off
unless named: a full walk of such a site takes half a day at the pace that it asks for.
"""

from collections import deque
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from crawler.domains import CODE_HOSTS
from crawler.errors import FetchError
from crawler.identify import repository_key
from crawler.parse import load_json
from crawler.records import JsonObject, Listing, Outcome, Server, ServerName, Skipped
from crawler.sources import Getter, Source, skip, state, text_of


def _is_server_page(url: str) -> bool:
    return "/server" in urlsplit(url).path and not url.endswith(".xml")


SOURCE = Source(
    id="html-catalog",
    title="A web catalogue",
    licence="by the site's terms; robots.txt and its Crawl-delay are kept",
    goes_on=_is_server_page,
)

_SITEMAPS = 50
_TYPES = ("SoftwareApplication", "SoftwareSourceCode", "WebApplication", "Product")
_NO_OWNERS = frozenset({"about", "apps", "collections", "contact", "enterprise", "explore", "features", "login", "marketplace", "orgs", "pricing", "search", "site", "sponsors", "topics", "trending", "users"})  # fmt: skip
_LANGUAGES = frozenset({"ar", "bn", "cs", "da", "de", "el", "en", "es", "fa", "fi", "fr", "he", "hi", "hu", "id", "it", "ja", "ko", "ms", "nb", "nl", "no", "pl", "pt", "ro", "ru", "sv", "th", "tr", "uk", "ur", "vi", "zh"})  # fmt: skip
_CHROME = "nav, header, footer, aside, [role=navigation], [role=banner], [role=contentinfo], [class*=footer], [class*=navbar], [class*=sidebar], [id*=footer], [id*=navbar]"
"""What every page of a site shows beside its subject; not where the subject itself stands in it."""


async def listings(
    fetcher: Getter, where: str, limit: int | None, after: str | None = None
) -> AsyncIterator[Listing | Skipped]:
    """Yield the servers of a site, from its sitemap; `where` is the site or the sitemap.

    The page behind `after` comes first, and behind the last one the first: with a `limit`, every
    walk goes on where the one before it stopped.
    """
    pages: list[str] = []
    async for found in _pages(fetcher, where, limit, after):
        if isinstance(found, Skipped):
            yield found
        else:
            pages.append(found)
    start = pages.index(after) + 1 if after in pages else 0
    for url in [*pages[start:], *pages[:start]][:limit]:
        try:
            yield _listing(url, (await fetcher.page(url)).body)
        except FetchError as error:
            yield skip(url, error)


async def _pages(
    fetcher: Getter, where: str, limit: int | None, after: str | None
) -> AsyncIterator[str | Skipped]:
    """Yield the addresses of server pages, each once; no more sitemaps are read than it takes."""
    start = where if where.endswith(".xml") else urljoin(where, "/sitemap.xml")
    maps, known, read = deque([start]), {start}, 0
    seen: dict[str, None] = {}
    wanted = limit if after is None else None  # how many behind `after` shows when it is met
    while maps and read < _SITEMAPS and (wanted is None or len(seen) < wanted):
        url, read = maps.popleft(), read + 1
        try:
            found = _locations((await fetcher.page(url)).body.decode("utf-8", "replace"))
        except FetchError as error:
            yield skip(url, error)
            continue
        same = [one for one in found if urlsplit(one).netloc == urlsplit(start).netloc]
        for one in same:
            if one.endswith(".xml") and one not in known:
                known.add(one)
                maps.append(one)
        for one in filter(_is_server_page, same):
            if one not in seen:
                seen[one] = None
                yield one
            if one == after and limit is not None:
                wanted = len(seen) + limit


def _locations(text: str) -> list[str]:
    return [node.text(strip=True) for node in LexborHTMLParser(text).css("loc")]


def _listing(url: str, body: bytes) -> Listing:
    tree = LexborHTMLParser(body.decode("utf-8", "replace"))
    stated = next((one for one in _json_ld(tree) if one.get("@type") in _TYPES), {})
    title = text_of(stated, "name") or _title(tree)
    if title is None:
        raise FetchError(Outcome.PROTOCOL_ERROR, f"{url}: the page names no server")
    slug = _slug(url)
    server = Server(
        name=ServerName(f"{urlsplit(url).netloc}:{slug}"),
        title=title,
        description=text_of(stated, "description") or _meta(tree, "description"),
        repository_url=_repository(tree, stated, slug),
        website_url=url,
    )
    return state(SOURCE, server, url, stated or [title, server.description])


def _slug(url: str) -> str:
    """Return what tells a page from others of its site: all but the language and `/servers/`.

    The last part of the path alone does not: /servers/sea/github is not /servers/lake/github.
    """
    parts = urlsplit(url)
    path = [part for part in parts.path.split("/") if part]
    language, _, script = path[0].lower().partition("-")
    is_language = language in _LANGUAGES and (len(script) < 3 or script in ("hans", "hant"))  # noqa: PLR2004 - de-AT
    start = 1 if is_language else 0
    if path[start : start + 1] in (["server"], ["servers"]):
        path = path[start + 1 :] or path
    return "/".join(path) + (f"?{parts.query}" if parts.query else "")


def _repository(tree: LexborHTMLParser, stated: JsonObject, slug: str) -> str | None:
    """Return the repository that a page names as its subject's; a link of the site's is none.

    What JSON-LD says counts. Else a link outside of the page's chrome, if it is the only one to a
    repository, or the only one whose name is that of the page.
    """
    for key in ("codeRepository", "sameAs", "author.url", "url"):
        link = text_of(stated, key)
        if _is_repository(link):
            return link
    parts = [part for part in tree.css(_CHROME) if part.css_first("main, article, h1") is None]
    chrome = {node.mem_id for part in parts for node in part.css("a[href]")}
    links: dict[str | None, str] = {}
    for node in tree.css("a[href]"):
        href = node.attributes.get("href")
        if href and node.mem_id not in chrome and _is_repository(href):
            links.setdefault(repository_key(href), href)
    for called in (slug.replace("/", "-"), slug.rpartition("/")[2]):
        if len(links) == 1:
            break
        links = {key: link for key, link in links.items() if _names(key, called)} or links
    return next(iter(links.values())) if len(links) == 1 else None


def _is_repository(link: str | None) -> bool:
    parts = (repository_key(link) or "").split("/")
    return len(parts) > 2 and parts[0] in CODE_HOSTS and parts[1] not in _NO_OWNERS  # noqa: PLR2004 - host, owner, name


def _names(key: str | None, slug: str) -> bool:
    """Say whether a repository is called as the page is: `sea/tide` of /server/sea-tide or /tide."""
    _, owner, name, *folders = (key or "//").split("/")
    called = {name, f"{owner}-{name}", f"{name}-{owner}", *folders[-1:]}
    return slug.lower().replace("_", "-") in {one.replace("_", "-") for one in called}


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
