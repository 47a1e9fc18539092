"""Servers that speak MCP and do so in unusual ways: they are read, or recorded as what they are."""

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
    "initialize": {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}},
    "tools/list": {"tools": [{"name": "dig"}]},
}
PING = "event: ping\ndata: 2026-01-01T00:00:00\n\n"
NOISE = f"{PING}data: hello\n\nevent: message\ndata: [1]\n\n: nothing\n\n"


class Site(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Visit)
        self.said: queue.Queue[dict] = queue.Queue()
        self.asked: list[str] = []


class Visit(BaseHTTPRequestHandler):
    """Each path is a way of answering."""

    server: Site

    def do_GET(self) -> None:
        if not self.path.startswith("/sse"):
            self.answer(405, "", "text/plain")
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(f"{NOISE}event: endpoint\ndata: /said{self.path}\n\n{NOISE}".encode())
        while "id" not in (message := self.server.said.get(timeout=10)) or self.told(message):
            pass

    def told(self, message: dict) -> bool:
        self.wfile.write(f"{NOISE}event: message\ndata: {json.dumps(result(message))}\n\n".encode())
        return message["method"] != "tools/list"

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        method = str(message.get("method"))
        self.server.asked.append(method)
        if self.path.startswith("/said"):
            self.said(message)
        elif "id" not in message:
            self.answer(202, "")
        else:
            way = getattr(self, "on_" + self.path.strip("/").replace("-", "_"), None)
            if way is None or way(message, method) is False:
                self.plain(message)

    def said(self, message: dict) -> None:
        is_first = self.server.asked.count("tools/list") == 1
        if self.path.endswith("busy") and message["method"] == "tools/list" and is_first:
            self.answer(429, "", retry="0")
            return
        self.server.said.put(message)
        self.answer(202, "")

    def plain(self, message: dict) -> None:
        if message["method"] in RESULTS:
            self.answer(200, json.dumps(result(message)))
        else:
            self.refuse(message, 400, {"code": -32601, "message": "no such method"})

    def refuse(self, message: dict, status: int, error: object) -> None:
        told = {"jsonrpc": "2.0", "id": message.get("id"), "error": error}
        self.answer(status, json.dumps(told))

    def on_noisy_stream(self, message: dict, method: str) -> bool:
        if method not in RESULTS:
            return False
        text = f"{NOISE}data: {json.dumps(result(message))}\n\n"
        self.answer(200, text, "text/event-stream")
        return True

    def on_cr_stream(self, message: dict, method: str) -> bool:
        return self.stream(message, method, "\r")

    def on_crlf_stream(self, message: dict, method: str) -> bool:
        return self.stream(message, method, "\r\n")

    def stream(self, message: dict, method: str, end: str) -> bool:
        """Answer by a stream that stays open, byte after byte."""
        if method not in RESULTS:
            return False
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        told = json.dumps(result(message), indent=1).split("\n")
        lines = ["\ufeffevent: message", *(f"data: {line}" for line in told), "", ""]
        for byte in end.join(lines).encode():
            self.wfile.write(bytes([byte]))
        self.server.said.get(timeout=10)
        return True

    def on_strange_code(self, message: dict, method: str) -> bool:
        if method in RESULTS:
            return False
        self.refuse(message, 200, {"code": [1], "message": ["x"]})
        return True

    def on_busy_once(self, message: dict, method: str) -> bool:
        if self.server.asked.count(method) > 1:
            return False
        self.answer(429, "", retry="0" if method != "tools/list" else "1")
        return True

    def on_busy_always(self, message: dict, method: str) -> bool:
        self.answer(503, "", retry="0")
        return True

    def on_busy_without_end(self, message: dict, method: str) -> bool:
        """Refuse each page once: somebody who would have us wait for ever."""
        if method != "tools/list":
            return False
        if self.server.asked.count(method) % 2:
            self.answer(429, "", retry="0")
        else:
            cursor = str(len(self.server.asked))
            told = result(message)
            told["result"] = RESULTS[method] | {"nextCursor": cursor}
            self.answer(200, json.dumps(told))
        return True

    def on_old_version(self, message: dict, method: str) -> bool:
        self.refuse(message, 400, {"code": -32602, "message": "Unsupported protocol version"})
        return True

    def on_lost_session(self, message: dict, method: str) -> bool:
        return self.second_page(
            message, method, '{"jsonrpc":"2.0","error":{"message":"No session"}}'
        )

    def on_lost_page(self, message: dict, method: str) -> bool:
        return self.second_page(message, method, '{"error": "not found"}')

    def second_page(self, message: dict, method: str, text: str) -> bool:
        if method != "tools/list":
            return False
        if "cursor" in message["params"]:
            self.answer(404, text)
        else:
            told = result(message)
            told["result"] = RESULTS[method] | {"nextCursor": "2"}
            self.answer(200, json.dumps(told))
        return True

    def on_other_service(self, message: dict, method: str) -> bool:
        self.answer(404, '{"error": {"message": "no such page"}}')
        return True

    def answer(
        self, status: int, text: str, kind: str = "application/json", retry: str = ""
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text.encode())))
        if retry:
            self.send_header("Retry-After", retry)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def result(message: dict) -> dict:
    return {"jsonrpc": "2.0", "id": message["id"], "result": RESULTS.get(message["method"])}


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def ask(site: Site, path: str, transport: str = "streamable-http") -> Probe:
    url = f"http://127.0.0.1:{site.server_address[1]}{path}"
    server = Server(name=ServerName("x"), remotes=(Remote(transport=transport, url=url),))

    async def run() -> Probe:
        async with Fetcher(FetchOptions(allow_private=True, read_seconds=5)) as fetcher:
            return await probe(server, CrawlOptions(), fetcher)

    return anyio.run(run)


@pytest.mark.parametrize(
    "path",
    ["/noisy-stream", "/cr-stream", "/crlf-stream", "/strange-code", "/busy-once"],
)
def test_what_is_unusual_is_read(site: Site, path: str) -> None:
    found = ask(site, path)
    assert found.outcome is Outcome.LISTED, found.detail
    assert [tool.name for tool in found.tools] == ["dig"]


@pytest.mark.parametrize("path", ["/sse", "/sse-busy"])
def test_the_older_transport_may_have_other_events_and_be_busy(site: Site, path: str) -> None:
    found = ask(site, path, "sse")
    assert found.outcome is Outcome.LISTED, found.detail
    assert site.asked.count("tools/list") == (2 if path == "/sse-busy" else 1)


@pytest.mark.parametrize(
    ("path", "outcome", "said"),
    [
        ("/busy-always", Outcome.RATE_LIMITED, "HTTP 503"),
        ("/busy-without-end", Outcome.RATE_LIMITED, "HTTP 429"),
        ("/old-version", Outcome.PROTOCOL_ERROR, "HTTP 400: Unsupported protocol version"),
        ("/lost-page", Outcome.HTTP_ERROR, "HTTP 404 to tools/list"),
        ("/other-service", Outcome.NOT_MCP, "no MCP endpoint"),
    ],
)
def test_what_is_refused_is_recorded_with_its_reason(
    site: Site, path: str, outcome: Outcome, said: str
) -> None:
    found = ask(site, path)
    assert found.outcome is outcome, found.detail
    assert said in found.detail
    assert len(site.asked) < 15


def test_a_later_page_that_is_refused_costs_only_itself(site: Site) -> None:
    found = ask(site, "/lost-session")
    assert (found.outcome, found.truncated) == (Outcome.LISTED, True)
    assert [tool.name for tool in found.tools] == [RESULTS["tools/list"]["tools"][0]["name"]]
    why = "the list broke off at page 2 (tools/list was refused: HTTP 404: No session)"
    assert (found.broke_off, found.problems) == (why, ())
