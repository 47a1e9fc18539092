"""Registries that misbehave on their second page: the first is kept, the rest is said in a line."""

import itertools
import json
import sqlite3
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import anyio
import pytest

from crawler.fetch import Fetcher, FetchOptions
from crawler.records import Listing, Outcome, Skipped
from crawler.sources import official_registry

GOOD = {"name": "good.example/a", "version": "1.0"}
MB = 1024 * 1024
NAMES = [
    "a.example/\x1b[31mred\x07",
    "a.example/nul\0byte",
    "a.example/half\ud800",
    "a.example/\u202egnp.exe",
    "a.example/" + "x" * 100_000,
    "../../etc/passwd",
    "'; DROP TABLE server; --",
    "<script>alert(1)</script>",
    "",
]
DEEP = "[" * 50_000 + "]" * 50_000


class Registry(BaseHTTPRequestHandler):
    """Answers `/CASE/v0.1/servers`."""

    protocol_version = "HTTP/1.1"
    numbers = itertools.count()

    def log_message(self, *_):
        pass

    def do_GET(self):
        parts = urlsplit(self.path)
        cursor = parse_qs(parts.query).get("cursor", [""])[0]
        case = parts.path.split("/")[1].replace("-", "_")
        if cursor:
            return getattr(self, "on_" + case)(cursor)
        return self.page([GOOD], "2")

    def page(self, servers, cursor=None):
        entries = [{"server": one} for one in servers]
        self.say(json.dumps({"servers": entries, "metadata": {"nextCursor": cursor}}).encode())

    def say(self, body, status=200, kind="application/json", **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def on_html(self, _):
        self.say(b"<html>maintenance</html>", kind="text/html")

    def on_broken(self, _):
        self.say(b'{"servers": [')

    def on_error(self, _):
        self.say(b"boom", 500)

    def on_drops(self, _):
        self.close_connection = True

    def on_no_list(self, _):
        self.say(b'{"servers": {"a": 1}}')

    def on_deep(self, _):
        self.say(f'{{"servers": {DEEP}}}'.encode())

    def on_huge(self, _):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for _ in range(300):
            self.wfile.write(b"%x\r\n%s\r\n" % (MB, b" " * MB))

    def on_slow(self, _):
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        for _ in range(60):
            self.wfile.write(b" ")
            self.wfile.flush()
            time.sleep(0.5)

    def on_elsewhere(self, _):
        self.say(b"", 302, Location="http://169.254.169.254/latest/meta-data/")

    def on_loop(self, cursor):
        self.page([], {"2": "3", "3": "2"}[cursor])

    def on_endless(self, _):
        number = next(self.numbers)
        self.page([{"name": f"more.example/n{number}"}], f"c{number}")

    def on_cursor_is_a_number(self, _):
        self.page([], 7)

    def on_entries_are_wrong(self, _):
        self.say(b'{"servers": [7, null, "x", [], {}, {"server": 1}, {"server": {"name": 5}}, {"server": {"name": "b.example/b", "packages": 7, "remotes": [1, {"url": 2}], "repository": []}}]}')  # fmt: skip

    def on_names(self, _):
        self.page([{"name": name, "description": name} for name in NAMES])


@pytest.fixture(scope="module")
def hostile():
    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request, client_address):
            pass

    with Quiet(("127.0.0.1", 0), Registry) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def walk(url, limit=None):
    async def run():
        options = FetchOptions(allow_private=True, total_seconds=5.0)
        async with Fetcher(options) as fetcher:
            return [one async for one in official_registry.listings(fetcher, url, limit)]

    found = anyio.run(run)
    listed = [one.server.name for one in found if isinstance(one, Listing)]
    return listed, [one for one in found if isinstance(one, Skipped)]


@pytest.mark.parametrize(
    ("case", "outcome"),
    [
        ("html", Outcome.PROTOCOL_ERROR),
        ("broken", Outcome.PROTOCOL_ERROR),
        ("error", Outcome.HTTP_ERROR),
        ("drops", Outcome.CONNECT_ERROR),
        ("no-list", Outcome.PROTOCOL_ERROR),
        ("deep", Outcome.PROTOCOL_ERROR),
        ("huge", Outcome.TOO_LARGE),
        ("slow", Outcome.TIMEOUT),
        ("elsewhere", Outcome.BLOCKED_SSRF),
        ("loop", Outcome.PROTOCOL_ERROR),
    ],
)
def test_a_bad_page_ends_the_walk_and_what_came_before_is_kept(hostile, case, outcome):
    listed, skipped = walk(f"{hostile}/{case}")
    assert listed == ["good.example/a"]
    assert [one.outcome for one in skipped] == [outcome]
    assert skipped[0].reason.isprintable()


def test_pages_without_end_end(hostile, monkeypatch):
    monkeypatch.setattr(official_registry, "PAGE_CAP", 30)
    listed, skipped = walk(f"{hostile}/endless")
    assert len(listed) == 30
    assert [one.outcome for one in skipped] == [Outcome.TOO_LARGE]


def test_a_limit_ends_pages_without_end(hostile):
    listed, skipped = walk(f"{hostile}/endless", limit=5)
    assert (len(listed), skipped) == (5, [])


def test_a_cursor_that_is_no_text_ends_the_walk(hostile):
    assert walk(f"{hostile}/cursor-is-a-number") == (["good.example/a"], [])


def test_wrong_entries_cost_themselves(hostile):
    listed, skipped = walk(f"{hostile}/entries-are-wrong")
    assert listed == ["good.example/a", "b.example/b"]
    assert {one.outcome for one in skipped} == {Outcome.PROTOCOL_ERROR}


def test_names_of_every_kind_are_stored_and_never_reach_the_terminal_as_they_are(hostile, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "from classifier.cli import main; main()", "crawl",
         f"registry+{hostile}/names", "--no-probe", "--allow-private"],
        cwd=tmp_path, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    told = (done.stdout + done.stderr).decode()
    assert done.returncode == 0, told
    assert all(line.isprintable() for line in told.splitlines())
    connection = sqlite3.connect(tmp_path / "toolrisk.db")
    (count,) = connection.execute("SELECT count(*) FROM server").fetchone()
    connection.close()
    assert count == len(NAMES)  # the good one, and all but the empty one
