"""A server that says something else at every visit: what of it is a change, and what is not."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from crawler.catalog import Catalog, rows
from crawler.gathered import Gathered
from crawler.records import Server, ServerName, Tool


class Site(ThreadingHTTPServer):
    """An MCP server with the title and the tools that it is given."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Visit)
        self.title = "Notes"
        self.tools: list[dict] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/mcp"


class Visit(BaseHTTPRequestHandler):
    server: Site

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        results = {
            "initialize": {
                "protocolVersion": "2025-06-18",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "x", "title": self.server.title},
            },
            "tools/list": {"tools": self.server.tools},
        }
        told = {"result": results.get(message["method"])}
        if message["method"] not in results:
            told = {"error": {"code": -32601, "message": "no"}}
        body = json.dumps({"jsonrpc": "2.0", "id": message.get("id"), **told}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def crawl(toolrisk) -> Callable[[str], dict]:
    def run(target: str) -> dict:
        words = ("crawl", target, "--allow-private", "--db", "c.db", "--format", "json")
        done = toolrisk(*words)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def stored(tmp_path: Path, query: str) -> list[tuple]:
    connection = sqlite3.connect(tmp_path / "c.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def wire(name: str, description: str, depth: int = 0) -> dict:
    schema: object = True
    for _ in range(depth):
        schema = {"not": schema}
    return {"name": name, "description": description, "inputSchema": {"not": schema}}


LISTED = "SELECT name FROM tool WHERE removed_at IS NULL ORDER BY name"


def test_a_tool_that_becomes_unreadable_is_offered_still(crawl, site: Site, tmp_path: Path) -> None:
    calm, wipe = wire("get_note", "Get a note."), wire("wipe_disk", "Wipe the disk.")
    site.tools = [calm, wipe]
    crawl(site.url)
    site.tools = [calm, wire("wipe_disk", "Wipe the disk.", 260)]
    crawl(site.url)
    assert stored(tmp_path, LISTED) == [("get_note",), ("wipe_disk",)]
    site.tools = [calm]
    crawl(site.url)
    assert stored(tmp_path, LISTED) == [("get_note",)]


def test_the_same_in_a_file_of_tools(crawl, tmp_path: Path) -> None:
    file = tmp_path / "tools.json"
    for last, listed in ((wire("b", ""), 2), (wire("b", "", 260), 2), (wire("a", ""), 1)):
        tools = [wire("a", ""), last][: 1 + (last["name"] == "b")]
        file.write_text(json.dumps({"server": "s", "tools": tools}))
        crawl("tools.json")
        assert len(stored(tmp_path, LISTED)) == listed


def test_a_number_in_a_title_brings_no_new_versions(crawl, site: Site, tmp_path: Path) -> None:
    site.tools = [wire("get_note", "Get a note.")]
    for title in ("Notes (9 online)", "Notes (10 online)", "Notes (123 online)"):
        site.title = title
        found = crawl(site.url)
    assert (found["changed"], found["unchanged"]) == (0, 1)
    assert stored(tmp_path, "SELECT COUNT(*) FROM tool_version") == [(1,)]
    site.title = "A bank"
    crawl(site.url)
    assert stored(tmp_path, "SELECT COUNT(*) FROM tool_version") == [(2,)]


def tool(description: str, server_text: str = "", name: str = "same") -> Tool:
    return Tool(server=ServerName("s"), name=name, description=description, server_text=server_text)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path / "c.db") as opened:
        yield opened


def record(catalog: Catalog, *tools: Tool) -> tuple[int, int, int, int]:
    """Store what a server states now; return what is new, changed, unchanged and gone."""
    item = Gathered(server=Server(name=ServerName("s")), tools=tools)
    tally = catalog.record_many([item])
    return tally.new, tally.changed, tally.unchanged, tally.removed


def test_tools_of_one_name_may_stand_in_any_order(catalog: Catalog) -> None:
    one, two, three, other = tool("1"), tool("2"), tool("3"), tool("x", name="other")
    assert record(catalog, one, other, two, three) == (4, 0, 0, 0)
    assert record(catalog, three, two, other, one) == (0, 0, 4, 0)
    assert record(catalog, three, tool("4"), one, other) == (0, 1, 3, 0)
    assert record(catalog, three, other) == (0, 0, 2, 2)
    assert record(catalog, three, one, other) == (1, 0, 2, 0)  # it is back
    held = [(one.ordinal, one.tool.description) for one in catalog.tools()]
    assert held == [(0, "1"), (0, "x"), (2, "3")]


def test_the_same_tool_twice_is_two(catalog: Catalog) -> None:
    assert record(catalog, tool("1"), tool("1")) == (2, 0, 0, 0)
    assert record(catalog, tool("1"), tool("1"), tool("1")) == (1, 0, 2, 0)
    assert record(catalog, tool("1")) == (0, 0, 1, 2)


def test_many_of_one_name_are_compared_once_each(catalog: Catalog, steps) -> None:
    tools = [tool(str(number)) for number in range(400)]
    record(catalog, *tools)
    few = steps(lambda: record(catalog, *tools[::-1][:200]))
    many = steps(lambda: record(catalog, *tools))
    assert many < few * 3


def test_a_catalogue_from_before_knows_its_tools(catalog: Catalog, monkeypatch) -> None:
    known = tool("1", "Notes 12")
    with monkeypatch.context() as before:
        before.setattr(rows, "context_sha256", rows.exact_context_sha256)
        record(catalog, known, tool("2", "Notes 12"))
    assert record(catalog, tool("2", "Notes 12"), known) == (0, 0, 2, 0)
