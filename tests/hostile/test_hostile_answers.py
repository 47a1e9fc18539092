"""Answers of a server in which any one value is odd: each has an outcome, and can be stored."""

import copy
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import anyio
import pytest

from crawler.catalog import Catalog
from crawler.crawl import CrawlOptions
from crawler.fetch import Fetcher, FetchOptions
from crawler.gathered import Gathered, told_tools
from crawler.probe import probe
from crawler.records import Probe, Remote, Server, ServerName

DEEP = [[]]
for _ in range(300):
    DEEP = [DEEP]
ODD = [None, 10**30, "\ud800\0\u202e\x1b[31m", "x" * 10_000, [], {"a": None}, DEEP]
INITIALIZE = {
    "jsonrpc": "2.0", "id": 1,
    "result": {
        "protocolVersion": "2025-06-18", "capabilities": {"tools": {"listChanged": True}},
        "serverInfo": {"name": "x", "title": "X", "version": "1"}, "instructions": "Be kind.", "_meta": {"a": 1},
    },
}  # fmt: skip
DISCOVER = {
    "jsonrpc": "2.0", "id": 1,
    "result": {
        "supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}, "instructions": "Be kind.",
        "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "x"}},
    },
}  # fmt: skip
LIST = {
    "jsonrpc": "2.0", "id": 1,
    "result": {
        "nextCursor": None, "ttlMs": 5,
        "tools": [{
            "name": "a", "title": "A", "description": "Does.", "_meta": {"b": 1}, "icons": [{"src": "x"}],
            "inputSchema": {"type": "object", "properties": {"p": {"type": "string", "enum": ["x"]}}, "required": ["p"]},
            "outputSchema": {"type": "object"}, "annotations": {"readOnlyHint": True, "title": "T"},
        }],
    },
}  # fmt: skip
GOOD = {"server/discover": None, "initialize": INITIALIZE, "tools/list": LIST}


def places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()  # fmt: skip
    for key, inner in items:
        yield from places(inner, (*path, key))


def spoilt(document):
    for path in places(document):
        for odd in ODD:
            copied = copy.deepcopy(document)
            inner = copied
            for key in path[:-1]:
                inner = inner[key]
            if path:
                inner[path[-1]] = odd
            yield copied if path else odd


class Mcp(BaseHTTPRequestHandler):
    """Answers each method with what the test put there; the id is put right where it is whole."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_DELETE(self):
        self.say(405, b"")

    def do_GET(self):
        self.say(405, b"")

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "id" not in message:
            return self.say(202, b"")
        answer = self.server.answers.get(message["method"])
        if answer is None:
            error = {"code": -32601, "message": "no"}
            answer = {"jsonrpc": "2.0", "id": message["id"], "error": error}
        elif isinstance(answer, dict) and answer.get("id") == 1:
            answer = answer | {"id": message["id"]}
        return self.say(200, json.dumps(answer).encode())

    def say(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Mcp) as running:
        running.answers = dict(GOOD)
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.mark.parametrize(
    ("method", "answer"),
    [("initialize", INITIALIZE), ("server/discover", DISCOVER), ("tools/list", LIST)],
)
def test_each_has_an_outcome_and_can_be_stored(server, method, answer, tmp_path):
    remote = Remote(
        transport="streamable-http", url=f"http://127.0.0.1:{server.server_address[1]}/"
    )

    async def run():
        found = []
        async with Fetcher(FetchOptions(allow_private=True)) as fetcher:
            for number, odd in enumerate(spoilt(answer)):
                server.answers[method] = odd
                one = Server(name=ServerName(f"s{number}"), remotes=(remote,))
                found.append((one, await probe(one, CrawlOptions(), fetcher)))
        return found

    found = anyio.run(run)
    assert len(found) == len(ODD) * len(list(places(answer)))
    assert all(isinstance(seen, Probe) and seen.detail.isprintable() for _, seen in found)
    items = [Gathered(server=one, probe=seen, tools=told_tools(seen), origin=seen.origin) for one, seen in found]  # fmt: skip
    with Catalog.open(str(tmp_path / "c.db")) as catalog:
        for start in range(0, len(items), 100):
            catalog.record_many(items[start : start + 100])
        assert catalog.counts()["servers"] == len(found)
        stored = sum(1 for _ in catalog.tools())
    assert stored == sum(len(item.tools or ()) for item in items) > 0
