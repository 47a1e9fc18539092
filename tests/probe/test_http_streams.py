"""Servers that keep their streams open, as real ones do, and what they answer instead of one."""

import json
import queue
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import anyio
import pytest

from crawler.crawl import CrawlOptions
from crawler.fetch import Fetcher, FetchOptions
from crawler.probe import probe
from crawler.records import Outcome, Probe, Remote, Server, ServerName

RESULTS = {
    "initialize": {
        "protocolVersion": "2024-11-05",
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "x"},
    },
    "tools/list": {"tools": [{"name": "get_colour", "inputSchema": {"type": "object"}}]},
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    said: queue.Queue[dict] = queue.Queue()

    def do_GET(self) -> None:
        if self.path != "/sse":
            self.answer(int(self.path.rpartition("/")[2]), {"WWW-Authenticate": "Bearer"})
            return
        self.stream("event: endpoint\ndata: /messages\n\n")
        while "id" not in (message := self.said.get(timeout=10)) or self.told(message):
            pass

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/messages":
            self.said.put(message)
            self.answer(202, {})
        elif "id" not in message:
            self.answer(202, {})
        elif message["method"] not in RESULTS:
            self.answer(500, {})
        else:
            self.stream("")
            self.told(message)
            self.said.get(timeout=10)  # the stream stays open

    def stream(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(text.encode())

    def told(self, message: dict) -> bool:
        answer = {"jsonrpc": "2.0", "id": message["id"], "result": RESULTS[message["method"]]}
        self.wfile.write(f"event: message\ndata: {json.dumps(answer)}\n\n".encode())
        return message["method"] != "tools/list"

    def answer(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    Handler.said = queue.Queue()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def ask(url: str, transport: str) -> Probe:
    server = Server(name=ServerName("x"), remotes=(Remote(transport=transport, url=url),))

    async def run() -> Probe:
        async with Fetcher(FetchOptions(allow_private=True, read_seconds=5)) as fetcher:
            return await probe(server, CrawlOptions(), fetcher)

    return anyio.run(run)


def test_events_of_a_stream_that_stays_open_are_read_as_they_come(site: str) -> None:
    found = ask(f"{site}/sse", "sse")
    assert found.outcome is Outcome.LISTED, found.detail
    assert [tool.name for tool in found.tools] == ["get_colour"]


def test_a_server_that_fails_at_the_newer_era_is_asked_in_the_older(site: str) -> None:
    found = ask(f"{site}/mcp", "streamable-http")
    assert found.outcome is Outcome.LISTED, found.detail
    assert found.era == "initialize"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (401, Outcome.AUTH_REQUIRED),
        (403, Outcome.FORBIDDEN),
        (404, Outcome.NOT_MCP),
        (429, Outcome.RATE_LIMITED),
        (500, Outcome.HTTP_ERROR),
    ],
)
def test_a_refusal_of_the_old_transport_is_recorded_as_what_it_is(
    site: str, status: int, outcome: Outcome
) -> None:
    found = ask(f"{site}/{status}", "sse")
    assert found.outcome is outcome, found.detail
    assert found.auth_scheme == ("Bearer" if status == 401 else None)
