"""Which era is asked first, what silence costs, and when a server wants to be asked again."""

import json
import sqlite3
import threading
import time
from contextlib import closing
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import anyio
import pytest

from crawler import probe as probe_module
from crawler.asking import CrawlOptions
from crawler.catalog import Catalog
from crawler.crawl import crawl
from crawler.fetch import Fetcher, FetchOptions
from crawler.gathered import era_of
from crawler.probe import probe
from crawler.records import Outcome, Remote, Server, ServerName
from crawler.targets import parse_age, parse_targets

TOOLS = [{"name": "get_colour", "inputSchema": {"type": "object"}}]
HELLO = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "x"}}  # fmt: skip
STATELESS = {
    "server/discover": {"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}},
    "tools/list": {"tools": TOOLS},
}
LEGACY = {"initialize": HELLO, "tools/list": {"tools": TOOLS}}


class Speaker(ThreadingHTTPServer):
    """A server that knows some methods, is slow with others, and writes down what it is asked."""

    daemon_threads = True

    def __init__(self, knows):
        super().__init__(("127.0.0.1", 0), Visit)
        self.knows = knows
        self.slow = {}  # method -> seconds
        self.status = None  # (status, headers) of every answer
        self.asked = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}/mcp"

    def handle_error(self, request, client_address):
        pass


class Visit(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_POST(self):
        speaker = self.server
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        method = message["method"]
        speaker.asked.append(method)
        time.sleep(speaker.slow.get(method, 0))
        if speaker.status is not None:
            return self.answer(*speaker.status, b"")
        if "id" not in message:
            return self.answer(202, {}, b"")
        known = speaker.knows.get(method)
        told = {"result": known} if known else {"error": {"code": -32000, "message": "no"}}
        body = json.dumps({"jsonrpc": "2.0", "id": message["id"]} | told).encode()
        return self.answer(200 if known else 400, {"Content-Type": "application/json"}, body)

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def speaking():
    running = []

    def start(knows):
        server = Speaker(knows)
        running.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def ask(server, era=None):
    remote = Remote(transport="streamable-http", url=server.url)

    async def run():
        async with Fetcher(FetchOptions(allow_private=True)) as fetcher:
            named = Server(name=ServerName("x"), remotes=(remote,))
            return await probe(named, CrawlOptions(), fetcher, era)

    return anyio.run(run)


@pytest.mark.parametrize(
    ("knows", "era", "asked"),
    [
        (LEGACY, None, ["server/discover", "initialize", "notifications/initialized", "tools/list"]),
        (LEGACY, "initialize", ["initialize", "notifications/initialized", "tools/list"]),
        (LEGACY, "stateless", ["server/discover", "initialize", "notifications/initialized", "tools/list"]),
        (STATELESS, None, ["server/discover", "tools/list"]),
        (STATELESS, "stateless", ["server/discover", "tools/list"]),
        (STATELESS, "initialize", ["initialize", "server/discover", "tools/list"]),
    ],
)  # fmt: skip
def test_the_era_of_the_last_time_is_asked_first(speaking, knows, era, asked):
    server = speaking(knows)
    found = ask(server, era)
    assert found.outcome is Outcome.LISTED, found.detail
    assert era_of(found) == ("initialize" if knows is LEGACY else "stateless")
    assert server.asked == asked


def test_a_silent_discover_costs_a_share_of_the_time(speaking, monkeypatch):
    monkeypatch.setattr(probe_module, "TOTAL_SECONDS", 6.0)
    server = speaking(LEGACY)
    server.slow = {"server/discover": 30}
    found = ask(server)
    assert found.outcome is Outcome.LISTED, found.detail


def test_a_slow_server_of_the_new_era_is_not_taken_for_an_old_one(speaking, monkeypatch):
    monkeypatch.setattr(probe_module, "TOTAL_SECONDS", 8.0)
    server = speaking(STATELESS)
    server.slow = {"server/discover": 2.6}
    found = ask(server)
    assert (found.outcome, found.era) == (Outcome.LISTED, "stateless")
    assert server.asked == ["server/discover", "initialize", "server/discover", "tools/list"]


def test_pauses_do_not_use_the_share_up():
    async def run():
        fetching = Fetcher(FetchOptions(allow_private=True))
        async with fetching as fetcher, fetcher.turn("http://127.0.0.1:9/") as turn:
            with anyio.fail_after(2) as turn.deadline, turn.share(1) as share:
                await turn.pause(2.5)
            return share.cancelled_caught

    assert anyio.run(run) is False


@pytest.mark.parametrize(
    ("discover", "page", "seconds"),
    [
        (60_000, 30_000, 30.0), (30_000, 60_000, 30.0), (60_000, None, 60.0), (None, None, None),
        (0, 0, None), (-1, 7000, 7.0), ("soon", True, None), (1e300, 9000, 9.0),
    ],
)  # fmt: skip
def test_how_long_a_list_holds(speaking, discover, page, seconds):
    knows = {
        "server/discover": STATELESS["server/discover"] | {"ttlMs": discover},
        "tools/list": STATELESS["tools/list"] | {"ttlMs": page},
    }
    assert ask(speaking(knows)).wait_seconds == seconds


def crawled(tmp_path, server, **options):
    """Crawl a server and return its row of the frontier."""
    with Catalog.open(tmp_path / "c.db") as catalog:
        given = CrawlOptions(allow_private=True)
        crawl(parse_targets([server.url]), given, catalog, **options)
    with closing(sqlite3.connect(tmp_path / "c.db")) as plain:
        plain.row_factory = sqlite3.Row
        return plain.execute("SELECT * FROM frontier").fetchone()


def hours(row):
    """Return for how long a server is left alone."""
    last, following = (datetime.fromisoformat(row[key]) for key in ("last_attempt", "next_attempt"))
    return (following - last).total_seconds() / 3600


@pytest.mark.parametrize(
    ("after", "least"), [("7200", 2), ("600", 1 / 6), ("1", 1 / 60), ("99999999999", 7 * 24)]
)
def test_a_wait_that_a_server_asks_for_decides_the_next_attempt(
    speaking, tmp_path, after, least, monkeypatch
):
    server = speaking(LEGACY)
    server.status = (429, {"Retry-After": after})
    row = crawled(tmp_path, server)
    assert (row["outcome"], row["told"]) == ("rate_limited", 1)
    assert least <= hours(row) <= least * 1.13 + 0.01


def test_a_list_that_holds_is_left_alone(speaking, tmp_path):
    week = {"ttlMs": 3 * 24 * 3_600_000}
    knows = {method: result | week for method, result in STATELESS.items()}
    server = speaking(knows)
    row = crawled(tmp_path, server)
    assert (row["state"], row["told"], row["era"]) == ("done", 1, "stateless")
    assert 72 <= hours(row) <= 82
    before = len(server.asked)
    crawled(tmp_path, server, max_age=parse_age("0s"))
    assert len(server.asked) == before
    crawled(tmp_path, server)  # somebody asks for it by hand
    assert len(server.asked) > before


def test_a_refresh_asks_one_request_less(speaking, tmp_path):
    server = speaking(LEGACY)
    crawled(tmp_path, server)
    assert server.asked[0] == "server/discover"
    del server.asked[:]
    row = crawled(tmp_path, server)
    assert server.asked == ["initialize", "notifications/initialized", "tools/list"]
    assert (row["outcome"], row["era"], row["told"]) == ("listed", "initialize", 0)
    server.knows = STATELESS
    assert crawled(tmp_path, server)["era"] == "stateless"


def test_an_era_in_which_nothing_is_said_any_more_is_forgotten(speaking, tmp_path):
    server = speaking(LEGACY)
    assert crawled(tmp_path, server)["era"] == "initialize"
    server.status = (429, {"Retry-After": "0"})
    assert crawled(tmp_path, server)["era"] == "initialize"  # which says nothing of eras
    server.status = (500, {})
    assert crawled(tmp_path, server)["era"] is None
    server.status = None
    del server.asked[:]
    assert crawled(tmp_path, server)["era"] == "initialize"
    assert server.asked[0] == "server/discover"


def test_a_host_that_rests_says_for_how_long(speaking):
    server = speaking(LEGACY)
    server.status = (503, {"Retry-After": "90000"})
    named = Server(
        name=ServerName("x"), remotes=(Remote(transport="streamable-http", url=server.url),)
    )

    async def run():
        async with Fetcher(FetchOptions(allow_private=True)) as fetcher:
            return [await probe(named, CrawlOptions(), fetcher) for _ in range(2)]

    first, second = anyio.run(run)
    assert [one.outcome for one in (first, second)] == [Outcome.RATE_LIMITED] * 2
    assert server.asked == ["server/discover"]
    assert first.wait_seconds == 90000
    assert 80000 < second.wait_seconds <= 90000
