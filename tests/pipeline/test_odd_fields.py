"""A live server whose tool has a field of another type: told once, in every way of looking."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

TOOLS = [
    {"name": "get_time", "description": ["Deletes all."], "inputSchema": {"type": "object"}},
    {"name": "get_note", "description": "Get a note.", "inputSchema": {"type": "object"}},
]
SAID = "tool 'get_time': description is a list, not a string, and was not read\n"


class Answers(BaseHTTPRequestHandler):
    """Initialises and lists, in plain JSON."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        result = {
            "initialize": {
                "protocolVersion": "2025-06-18", "capabilities": {"tools": {}},
                "serverInfo": {"name": "odd", "version": "1"},
            },
            "tools/list": {"tools": TOOLS},
        }.get(asked["method"])  # fmt: skip
        body = b""
        if "id" in asked:
            found = {"result": result} if result else {"error": {"code": -32601, "message": "no"}}
            body = json.dumps({"jsonrpc": "2.0", "id": asked["id"]} | found).encode()
        self.send_response(200 if body else 202)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/mcp"
        server.shutdown()


@pytest.mark.parametrize("more", [[], ["--only-threats"]], ids=["whole", "threats"])
def test_it_is_told_once(address: str, toolrisk, more: list[str]) -> None:
    done = toolrisk("classify", address, *more, "--allow-private", code=3)
    assert done.stderr.count(SAID) == 1
    assert done.stderr.count("get_time") == 1


def test_so_it_is_of_a_catalogue(address: str, toolrisk, tmp_path) -> None:
    db = tmp_path / "odd.db"
    toolrisk("crawl", address, "--db", db, "--allow-private")
    told = toolrisk("classify", "--db", db, "--only-threats", code=3).stderr
    assert told.count("description is a list, not a string, and was not read\n") == 1
    rows = toolrisk("classify", "--db", db, "--format", "jsonl").stdout.splitlines()
    found = {row["tool"]: row for row in map(json.loads, rows)}
    assert found["get_time"]["risk"] != "low"
    assert [name for name, row in found.items() if row["needs_review"]] == ["get_time"]
