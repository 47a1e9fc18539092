"""A web catalogue that takes half a day: read a part at a time, and without the site's own links."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from crawler.asking import CrawlOptions
from crawler.catalog import Catalog
from crawler.crawl import crawl
from crawler.sources import html_catalog
from crawler.targets import parse_targets

CHROME = """<nav><a href="https://github.com/market/site">Star us</a></nav>
<div class="site-footer"><a href="https://github.com/market/site">Source</a>
<a href="https://github.com/sponsors/market">Sponsor</a></div>"""
OWN = "https://github.com/sea/tide"


class Site(ThreadingHTTPServer):
    """A site of pages, and a record of which of them were fetched."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Visit)
        self.bodies = dict.fromkeys("abcde", "")
        self.fetched: list[str] = []
        self.status = 200
        self.robots: str | None = None
        self.moved: dict[str, str] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def page(self, path: str) -> str | None:
        if path == "/robots.txt":
            return self.robots
        names = list(self.bodies)
        if path == "/sitemap.xml":
            maps = [f"<loc>{self.url}/maps/{number}.xml</loc>" for number in (0, 1)]
            return f"<sitemapindex>{''.join(maps)}</sitemapindex>"
        if path.startswith("/maps/"):
            half = names[:3] if "0" in path else names[3:]
            return "".join(f"<url><loc>{self.url}/server/{name}</loc></url>" for name in half)
        name = path.removeprefix("/server/")
        if name not in self.bodies or name in self.moved:
            return None
        self.fetched.append(name)
        return f"<html><head><title>{name} | Market</title></head><body>{self.bodies[name]}{CHROME}</body></html>"


class Visit(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = self.server.page(self.path)
        status = 404 if body is None else self.server.status
        data = (body or "").encode()
        location = self.server.moved.get(self.path.removeprefix("/server/"))
        self.send_response(302 if location else status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def catalog(tmp_path: Path):
    with Catalog.open(tmp_path / "c.db") as opened:
        yield opened


def index(catalog: Catalog, site: Site, limit: int | None = None, **options: object):
    del site.fetched[:]
    given = CrawlOptions(no_probe=True, allow_private=True, limit=limit, **options)
    return crawl(parse_targets([f"html-catalog+{site.url}"]), given, catalog)


def test_a_limit_goes_on_where_it_stopped(site: Site, catalog: Catalog) -> None:
    seen = []
    for _ in range(4):
        index(catalog, site, 2)
        seen.append("".join(site.fetched))
    assert seen == ["ab", "cd", "ea", "bc"]
    index(catalog, site)
    assert "".join(site.fetched) == "deabc"
    assert catalog.counts()["servers"] == 5


def test_pages_that_fail_are_passed_and_a_sitemap_that_does_is_not(
    site: Site, catalog: Catalog
) -> None:
    site.bodies = {"a": "", "b": "", "c": ""}
    index(catalog, site, 1)
    site.status = 500  # of the sitemap too
    index(catalog, site, 1)
    site.status = 200
    index(catalog, site, 1)
    assert site.fetched == ["b"]


def test_what_is_not_wanted_is_passed_too(site: Site, catalog: Catalog) -> None:
    index(catalog, site, 2, only=("*:e",))
    assert index(catalog, site, 2, only=("*:e",)).servers == 0
    assert index(catalog, site, 2, only=("*:e",)).servers == 1


def test_a_page_that_went_does_not_stop_the_walk(site: Site, catalog: Catalog) -> None:
    index(catalog, site, 2)
    del site.bodies["b"]
    index(catalog, site, 2)
    assert site.fetched == ["a", "c"]


@pytest.mark.parametrize(
    ("name", "body", "repository"),
    [
        ("plain", "<h1>x</h1>", None),
        ("one", f'<main><a href="{OWN}">Code</a></main>', OWN),
        ("in-a-header", f'<header><h1>x</h1><a href="{OWN}">Code</a></header>', OWN),
        ("tide", f'<p><a href="{OWN}">Code</a> <a href="https://github.com/a/b">like</a></p>', OWN),
        ("sea-tide", f'<a href="https://github.com/a/b">like</a><a href="{OWN}/tree/main/x">Code</a>', OWN + "/tree/main/x"),
        ("many", f'<a href="{OWN}">one</a> <a href="https://github.com/a/b">two</a>', None),
        ("topics", '<a href="https://github.com/topics/mcp">mcp</a>', None),
        ("elsewhere", '<a href="https://blog.example/a/b">read</a>', None),
        ("stated", '<script type="application/ld+json">{"@type": "Product", "name": "x", "url": "https://market.example/server/x", "sameAs": "https://blog.example/a/b"}</script>', None),
    ],
)  # fmt: skip
def test_a_link_of_the_site_is_no_repository(
    site: Site, catalog: Catalog, name: str, body: str, repository: str | None
) -> None:
    site.bodies = {name: body}
    index(catalog, site)
    (server,) = catalog.servers()
    assert server.server.repository_url == repository


def test_pages_that_end_alike_are_servers_of_their_own(site: Site, catalog: Catalog) -> None:
    links = '<main><a href="https://github.com/{0}/kit">it</a> <a href="https://github.com/{1}/kit">like</a></main>'
    site.bodies = {"sea/kit": links.format("sea", "lake"), "lake/kit": links.format("lake", "sea")}
    summary = index(catalog, site)
    assert (summary.servers, catalog.counts()["servers"]) == (2, 2)
    found = {one.server.name: one.server.repository_url for one in catalog.servers()}
    host = site.url.removeprefix("http://")
    assert found == {
        f"{host}:sea/kit": "https://github.com/sea/kit",
        f"{host}:lake/kit": "https://github.com/lake/kit",
    }


NAMES = {
    "/server/tide": "tide",
    "/servers/tide/": "tide",
    "/servers/sea/tide": "sea/tide",
    "/de/server/tide": "tide",
    "/pt-BR/server/tide": "tide",
    "/no-sql/server/tide": "no-sql/server/tide",
    "/sea/server": "sea/server",
    "/servers": "servers",
    "/server-list/tide": "server-list/tide",
    "/server?id=1": "server?id=1",
}


@pytest.mark.parametrize(("path", "name"), NAMES.items())
def test_what_a_page_is_called(path: str, name: str) -> None:
    body = b"<title>Tide</title>"
    listing = html_catalog._listing(f"https://m.example{path}", body)
    assert listing.server.name == f"m.example:{name}"


def test_robots_is_asked_for_where_a_redirect_leads(site: Site, catalog: Catalog) -> None:
    site.robots = "User-agent: *\nDisallow: /server/private\n"
    site.bodies = {"jump": "", "move": "", "private": "", "open": "", "away": "", "turn": ""}
    with Site() as other:
        Thread(target=other.serve_forever, daemon=True).start()
        site.moved = {
            "jump": "/server/private",
            "move": "/server/open",
            "away": f"{other.url}/server/a",
            "turn": "/server/turn",
        }
        summary = index(catalog, site)
        assert other.fetched == []
        other.shutdown()
    assert site.fetched == ["open", "open"]
    named = {one.server.name.rpartition(":")[2] for one in catalog.servers()}
    assert named == {"move", "open"}
    assert summary.skipped == {"skipped_policy": 2, "blocked_ssrf": 1, "http_error": 1}
