"""What stands behind `?` or `#` of an address that a person gives: asked with, and kept nowhere."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest

from crawler.targets import source_ids
from crawler.url_secrets import bare, without_query

SECRET = "qz7SECRETxw"  # noqa: S105 - what must be found nowhere
GOOD = {
    "/docker-catalog": {"registry": {"ant": {"title": "Ant", "tools": [{"name": "dig"}]}}},
    "/toolsdk": {"@ant/dig": {"tools": {"dig": {"name": "dig", "description": "Digs."}}}},
    "/toolhive": {"servers": {"ant": {"image": "ant/dig", "tools": ["dig"]}, "": {"image": "x"}}},
    "/mcpm": {"name": "ant", "tools": [{"name": "dig"}]},
    "/awesome": "- **[Ant](https://github.com/ant/dig)** - digs",
}
"""By path; under any other path stands what no source can read."""


class Site(BaseHTTPRequestHandler):
    asked: list[str] = []  # noqa: RUF012 - emptied by the fixture

    def do_GET(self) -> None:
        Site.asked.append(self.path)
        value = GOOD.get(urlsplit(self.path).path, "nothing that can be read: {")
        self.answer(value if isinstance(value, str) else json.dumps(value))

    def do_POST(self) -> None:
        Site.asked.append(self.path)
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        results = {
            "initialize": {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}},
            "tools/list": {"tools": [{"name": "dig"}]},
        }
        told = {"result": results.get(message["method"])}
        if message["method"] not in results:
            told = {"error": {"code": -32601, "message": "no"}}
        self.answer(json.dumps({"jsonrpc": "2.0", "id": message.get("id"), **told}))

    def answer(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    Site.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def crawl(toolrisk, tmp_path: Path, monkeypatch) -> Callable:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return lambda *words: toolrisk("crawl", *words, "--allow-private", "--db", "c.db")


def rows(tmp_path: Path, query: str) -> list[tuple]:
    connection = sqlite3.connect(tmp_path / "c.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_no_source_repeats_the_query_of_its_address(crawl, site: str, tmp_path: Path) -> None:
    named = [source for source in source_ids() if source != "clients"]
    good = [f"{source}+{site}/{source}?token={SECRET}" for source in named]
    bad = [f"{source}+{site}/unread/{source}?token={SECRET}" for source in named]
    ends = [f"{source}+{site}/ends/{source}?a=1#token={SECRET}/" for source in named]
    done = crawl(*good, *bad, *ends, "--no-probe", "--per-host-delay", "0")
    assert done.returncode == 0, done.stderr
    assert f"/docker-catalog?token={SECRET}" in Site.asked
    urls = {url for (url,) in rows(tmp_path, "SELECT url FROM listing")}
    assert {f"{site}/docker-catalog#ant", f"{site}/toolsdk#@ant/dig", f"{site}/mcpm"} <= urls
    assert len(urls) == len(GOOD)
    assert SECRET not in done.stdout + done.stderr
    assert f"skipped {site}/unread/mcpm: " in done.stderr
    for file in tmp_path.glob("c.db*"):
        assert SECRET.encode() not in file.read_bytes(), file


@pytest.mark.parametrize("written", ["{0}/ok?key={1}", "{0}/ok#key={1}", "{2}/ok?key={1}"])
def test_a_server_is_asked_with_its_query_and_stored_without(
    written: str, crawl, site: str, tmp_path: Path
) -> None:
    done = crawl(written.format(site, SECRET, site.replace("http", "HTTP")))
    assert done.returncode == 0, done.stderr
    assert set(Site.asked) == {f"/ok?key={SECRET}" if "?" in written else "/ok"}
    assert rows(tmp_path, "SELECT name, tools_origin FROM server") == [(f"{site}/ok", "live")]
    for file in tmp_path.glob("c.db*"):
        assert SECRET.encode() not in file.read_bytes(), file


@pytest.mark.parametrize("second", ["/ok?k=2", "/ok"])
def test_two_queries_of_one_address_are_refused(crawl, site: str, second: str) -> None:
    done = crawl(f"{site}/ok?k={SECRET}", site + second)
    assert done.returncode == 2
    assert f"{site}/ok is given with two queries" in done.stderr
    assert SECRET not in done.stderr
    assert Site.asked == []


def test_what_differs_in_its_fragment_is_one(crawl, site: str) -> None:
    assert crawl(f"{site}/ok#a", f"{site}/ok").returncode == 0


@pytest.mark.parametrize(
    ("where", "short"),
    [
        ("https://h.example/a?b=1#c", "https://h.example/a"),
        ("https://h.example/a#b?c", "https://h.example/a"),
        ("./what?#is.json", "./what?#is.json"),
    ],
)
def test_only_addresses_have_queries(where: str, short: str) -> None:
    assert bare(where) == short
    assert without_query(f"{where}/x: no", where) == f"{short}/x: no"
