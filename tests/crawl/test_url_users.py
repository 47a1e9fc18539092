"""User names and passwords in addresses: not sent, not stored, not shown, whoever states them."""

import json
import sqlite3
from base64 import b64encode
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import anyio
import pytest

from classifier.pages import generator
from crawler.catalog import Catalog
from crawler.fetch import Fetcher, FetchOptions
from crawler.gathered import Gathered
from crawler.records import (
    Listing,
    Outcome,
    Package,
    Probe,
    Provenance,
    Remote,
    Server,
    ServerName,
)
from crawler.registries import _PUBLIC, other_registry
from crawler.server_json import parse_server
from crawler.url_secrets import without_user

PASSWORD = "s3same-0pen"  # noqa: S105 - nobody's


class Visit(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.headers.append(dict(self.headers))  # type: ignore[attr-defined]
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        host = self.headers["Host"]
        self.send_response(302 if self.path == "/jump" else 404)
        if self.path == "/jump":
            self.send_header("Location", f"http://user:{PASSWORD}@{host}/there")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET  # noqa: N815 - the name that the library calls

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def host() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Visit) as server:
        server.headers = []  # type: ignore[attr-defined]
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def with_user(host: ThreadingHTTPServer, path: str) -> str:
    return f"http://user:{PASSWORD}@127.0.0.1:{host.server_address[1]}{path}"


def entry(host: ThreadingHTTPServer) -> dict:
    return {
        "name": "io.github.a/b",
        "description": "d",
        "version": "1.0.0",
        "websiteUrl": with_user(host, "/home"),
        "repository": {"url": with_user(host, "/a/b"), "source": "github"},
        "remotes": [{"type": "streamable-http", "url": with_user(host, "/mcp")}],
        "packages": [
            {
                "registryType": "mcpb",
                "identifier": f"https://user:{PASSWORD}@h.example/a.mcpb",
                "transport": {"type": "stdio"},
            },
            {
                "registryType": "npm",
                "identifier": "b",
                "registryBaseUrl": f"https://user:{PASSWORD}@npm.h.example",
                "transport": {"type": "stdio"},
            },
        ],
    }


def test_what_a_registry_states_is_neither_sent_nor_stored_nor_shown(
    tmp_path: Path, registry: Callable, toolrisk: Callable, host: ThreadingHTTPServer
) -> None:
    (tmp_path / "dump.json").write_text(json.dumps({"servers": [{"server": entry(host)}]}))
    target = registry(tmp_path / "dump.json")
    done = toolrisk("crawl", target, "--allow-private", "--static", "never", "--db", "c.db")
    assert host.headers, "the server was asked"  # type: ignore[attr-defined]
    assert not any("Authorization" in one for one in host.headers)  # type: ignore[attr-defined]
    built = toolrisk("pages", "--db", "c.db", "--out", "site")
    assert built.returncode == 0, built.stderr
    seen = [*tmp_path.glob("c.db*"), *(p for p in tmp_path.glob("site/**/*") if p.is_file())]
    assert [str(one) for one in seen if PASSWORD.encode() in one.read_bytes()] == []
    assert PASSWORD not in done.stdout + done.stderr + built.stdout + built.stderr
    site = "".join(one.read_text() for one in tmp_path.glob("site/servers/**/*.html"))
    assert f"http://127.0.0.1:{host.server_address[1]}/mcp" in site


@pytest.mark.parametrize("path", ["/mcp", "/jump"])
def test_a_request_sends_no_login(host: ThreadingHTTPServer, path: str) -> None:
    plain = f"http://127.0.0.1:{host.server_address[1]}{path}"

    async def ask() -> None:
        async with (
            Fetcher(FetchOptions(allow_private=True)) as fetcher,
            fetcher.turn(plain) as turn,
            fetcher.stream(turn, "GET", plain if path == "/jump" else with_user(host, path)),
        ):
            pass

    anyio.run(ask)
    sent = host.headers  # type: ignore[attr-defined]
    assert len(sent) == (2 if path == "/jump" else 1)
    login = b64encode(f"user:{PASSWORD}".encode()).decode()
    assert not any("Authorization" in one or login in str(one) for one in sent)


def test_what_an_older_catalogue_holds_is_not_shown(tmp_path: Path, toolrisk: Callable) -> None:
    """Rows as versions before this one wrote them."""
    where, old = "https://h.example/mcp", f"https://user:{PASSWORD}@h.example/mcp"
    server = {
        "name": "a/b", "version": "1",
        "websiteUrl": where, "remotes": [{"type": "streamable-http", "url": where}],
    }  # fmt: skip
    with Catalog.open(tmp_path / "c.db") as catalog:
        stated = parse_server(server)
        about = Provenance(source="official-registry", url=where, fetched_at="2026-01-01T00:00:00Z")
        listing = Listing(server=stated, provenance=about)
        probe = Probe(outcome=Outcome.TIMEOUT, transport="streamable-http", endpoint=where)
        catalog.record_many([Gathered(server=stated, listing=listing)])
        catalog.record_many([Gathered(server=stated, probe=probe)])
    connection = sqlite3.connect(tmp_path / "c.db")
    places = (("server", "website_url"), ("listing", "url"), ("listing", "statement"))
    places += (("remote", "url"), ("probe", "endpoint"))
    for table, column in places:
        change = f"UPDATE {table} SET {column} = replace({column}, ?, ?)"  # noqa: S608 - our own names
        assert connection.execute(change, (where, old)).rowcount == 1
        kept = connection.execute(f"SELECT {column} FROM {table}").fetchone()  # noqa: S608
        assert PASSWORD in kept[0]
    connection.commit()
    connection.close()
    built = toolrisk("pages", "--db", "c.db", "--out", "site")
    assert built.returncode == 0, built.stderr
    site = [one for one in tmp_path.glob("site/**/*") if one.is_file()]
    assert [str(one) for one in site if PASSWORD.encode() in one.read_bytes()] == []
    assert any(where.encode() in one.read_bytes() for one in site)


def test_pages_that_show_one_are_built_anew() -> None:
    assert "url_secrets.py" in {path.name for path in generator._code()}


WITHOUT = {
    "https://user:pw@h.example/x?q=a@b": "https://h.example/x?q=a@b",
    "https://tok@h.example": "https://h.example",
    "https://a:b@c@h.example/": "https://h.example/",
    " https://a:b@h.example/": " https://h.example/",
    "//a:b@h.example/": "//h.example/",
    "http:\\\\a:b@h.example/": "http:\\\\h.example/",
    "git+https://tok@h.example/a": "git+https://h.example/a",
    "ssh://git@h.example/a/b": "ssh://git@h.example/a/b",
    "git@h.example:a/b": "git@h.example:a/b",
    "@scope/name": "@scope/name",
    "https://h.example/@scope/name": "https://h.example/@scope/name",
    "https://h.example?a=b@c": "https://h.example?a=b@c",
    "pkg:npm/%40a/b@1": "pkg:npm/%40a/b@1",
}


@pytest.mark.parametrize(("url", "kept"), WITHOUT.items())
def test_what_is_taken_out_of_an_address(url: str, kept: str) -> None:
    assert without_user(url) == kept


def test_no_record_holds_one() -> None:
    url = f"https://user:{PASSWORD}@h.example/x"
    records = [
        Remote(transport="sse", url=url),
        Server(name=ServerName("a"), website_url=url, repository_url=url),
        Package(registry_type="mcpb", identifier=url, registry_base_url=url),
        Provenance(source="s", url=url, fetched_at=""),
    ]
    assert PASSWORD not in repr(records)


def test_a_registry_with_a_login_is_not_the_public_one() -> None:
    public = ".".join(_PUBLIC["npm"])

    def other(url: str) -> str | None:
        return other_registry(Package(registry_type="npm", identifier="a", registry_base_url=url))

    assert other(f"https://{public}") is None
    assert other(f"https://user:{PASSWORD}@{public}")
