import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from crawler import probe
from crawler.catalog import Catalog
from crawler.crawl import CrawlOptions, Nobody, _asked_as_given, _Crawl, gather
from crawler.gathered import Gathered
from crawler.records import Listing, Package, Provenance, Server, ServerName
from crawler.starter import starter_targets
from crawler.targets import PackageTarget, parse_target

AN_AGE = 3600.0  # seconds: twelve times what pytest lets a test take
KEYS = {"servers", "tools", "new", "changed", "unchanged", "skipped", "by_source", "seconds"}


@pytest.fixture
def black_hole() -> Iterator[str]:
    """A server that accepts connections and says nothing, ever."""
    listener = socket.create_server(("127.0.0.1", 0))
    kept: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                kept.append(listener.accept()[0])
            except OSError:
                return

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)
    for connection in kept:
        connection.close()


def write(path: Path, *names: str) -> str:
    path.write_text(json.dumps({"tools": [{"name": name} for name in names]}))
    return path.name


def summary(toolrisk: Callable, *words: str, code: int = 0) -> dict:
    done = toolrisk("crawl", *words, "--db", "c.db", "--format", "json")
    assert done.returncode == code, done.stderr
    assert done.stdout.count("\n") == 1
    return json.loads(done.stdout)


def test_the_summary_is_one_object_and_updates_never_duplicate(toolrisk, tmp_path: Path) -> None:
    file = write(tmp_path / "tools.json", "a", "b")
    first = summary(toolrisk, file)
    assert set(first) == KEYS
    assert first | {"seconds": 0} == {
        "servers": 1, "tools": 2, "new": 2, "changed": 0, "unchanged": 0, "skipped": {}, "seconds": 0,
        "by_source": {"file": {"servers": 1, "tools": 2, "outcomes": {"declared": 1}}},
    }  # fmt: skip
    second = summary(toolrisk, file)
    assert (second["new"], second["changed"], second["unchanged"]) == (0, 0, 2)
    (tmp_path / file).write_text('{"tools": [{"name": "a", "description": "now with words"}]}')
    third = summary(toolrisk, file)
    assert (third["tools"], third["new"], third["changed"]) == (1, 0, 1)


def test_text_for_people(started, tmp_path: Path) -> None:
    done = started("crawl", write(tmp_path / "tools.json", "a"))
    assert done.returncode == 0
    assert done.stdout.startswith("1 server and 1 tool in ")
    assert "1 new, 0 changed, 0 unchanged" in done.stdout
    assert (tmp_path / "toolrisk.db").exists()


def test_standard_input(started) -> None:
    done = started("crawl", "-", "--format", "json", stdin='[{"tool": "a", "server": "s"}]')
    assert json.loads(done.stdout)["tools"] == 1


def test_a_malformed_tool_is_reported_and_the_rest_kept(toolrisk, tmp_path: Path) -> None:
    (tmp_path / "tools.json").write_text('[{"name": "good"}, {"name": 5}, "x\\u001b[31m"]')
    done = toolrisk("crawl", "tools.json", "--format", "json")
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert (found["tools"], found["skipped"]) == (1, {"protocol_error": 2})
    assert "item 2" in done.stderr
    assert "\x1b" not in done.stderr


def test_one_that_cannot_be_reached_does_not_stop_the_rest(toolrisk, tmp_path: Path) -> None:
    file = write(tmp_path / "tools.json", "a")
    found = summary(toolrisk, "http://127.0.0.1:9/mcp", file, "--allow-private")
    assert (found["servers"], found["tools"]) == (2, 1)
    assert found["skipped"] == {"connect_error": 1}


def test_the_report_is_by_source_and_outcome(toolrisk, tmp_path: Path) -> None:
    file = write(tmp_path / "tools.json", "a", "b")
    dead = "registry+http://127.0.0.1:9"
    words = ("http://127.0.0.1:9/mcp", file, dead, "--allow-private")
    assert summary(toolrisk, *words)["by_source"] == {
        "file": {"servers": 1, "tools": 2, "outcomes": {"declared": 1}},
        "http://127.0.0.1:9": {"servers": 0, "tools": 0, "outcomes": {"connect_error": 1}},
        "target": {"servers": 1, "tools": 0, "outcomes": {"connect_error": 1}},
    }
    text = toolrisk("crawl", *words, "--db", "c.db").stdout
    assert "  file: servers 1, tools 2; declared 1\n" in text


def test_nothing_reached_is_exit_3(toolrisk) -> None:
    found = summary(toolrisk, "http://127.0.0.1:9/mcp", "--allow-private", code=3)
    assert found["skipped"] == {"connect_error": 1}


class Answers(BaseHTTPRequestHandler):
    """A server with one tool."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        info = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}}
        known = {"initialize": info, "tools/list": {"tools": [{"name": "a", "inputSchema": {}}]}}
        error = {"error": {"code": -32601, "message": "no such method"}}
        result = {"result": known[asked["method"]]} if asked["method"] in known else error
        body = json.dumps({"jsonrpc": "2.0", "id": asked.get("id"), **result}).encode()
        self.send_response(200 if "id" in asked else 202)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body) if "id" in asked else 0))
        self.end_headers()
        if "id" in asked:
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def answers() -> Iterator[str]:
    """A server on loopback that lists its tool."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/mcp"
        server.shutdown()


def config(path: Path, **entries: dict) -> str:
    path.write_text(json.dumps({"mcpServers": entries}))
    return path.name


NOT_RUN = {"command": "java", "args": ["-jar", "x.jar"]}
DEAD = {"url": "http://127.0.0.1:9/mcp"}


def test_a_config_of_which_no_server_can_be_asked_is_exit_3(toolrisk, tmp_path: Path) -> None:
    file = config(tmp_path / "cfg.json", odd=NOT_RUN, dead=DEAD)
    found = summary(toolrisk, file, "--allow-private", code=3)
    assert found["skipped"] == {"unsupported": 1, "connect_error": 1}
    assert summary(toolrisk, file, "--no-probe")["skipped"] == {}
    settings = tmp_path / "home" / ".cursor"
    settings.mkdir(parents=True)
    config(settings / "mcp.json", odd=NOT_RUN)
    assert summary(toolrisk, "clients+home", code=3)["skipped"] == {"unsupported": 1}


def test_a_config_of_which_one_server_answers_is_no_failure(
    toolrisk, tmp_path: Path, answers: str
) -> None:
    file = config(tmp_path / "cfg.json", odd=NOT_RUN, good={"url": answers})
    found = summary(toolrisk, file, "--allow-private")
    assert (found["tools"], found["skipped"]) == (1, {"unsupported": 1})
    config(tmp_path / "cfg.json", dead=DEAD, good={"url": answers})
    found = summary(toolrisk, file, "--allow-private", "--max-age", "1d")
    # the good one told its tools a moment ago, and is left alone
    assert (found["tools"], found["skipped"]) == (0, {"connect_error": 1})


def test_a_config_of_which_an_entry_is_none_is_indexed_without_asking(
    toolrisk, tmp_path: Path
) -> None:
    file = config(tmp_path / "cfg.json", good=DEAD, none={})
    assert summary(toolrisk, file, "--no-probe")["skipped"] == {"protocol_error": 1}


def test_without_permission_nothing_private_is_contacted(toolrisk, black_hole: str) -> None:
    found = summary(toolrisk, black_hole, code=3)
    assert found["skipped"] == {"blocked_ssrf": 1}


def test_a_key_in_a_query_is_not_stored(toolrisk, tmp_path: Path) -> None:
    summary(toolrisk, "https://h.example/mcp?api_key=hunter2", "--no-probe")
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("c.db*"))
    assert b"https://h.example/mcp" in stored
    assert b"hunter2" not in stored


def test_a_url_with_a_query_is_asked_whatever_else_is_known_of_it(tmp_path: Path) -> None:
    target = parse_target("http://127.0.0.1:9/mcp?key=hunter2")
    package = Package(registry_type="npm", identifier="@x/y", version="../no")
    known = Server(name=ServerName("http://127.0.0.1:9/mcp"), packages=(package,))
    source = Provenance(source="official-registry", url="https://r.example", fetched_at="2026-11-20T00:00:00+00:00")  # fmt: skip
    with Catalog.open(tmp_path / "c.db") as catalog:
        catalog.record_listing(Listing(server=known, provenance=source))
        work = _Crawl(catalog, None, CrawlOptions(), Nobody(), _asked_as_given([target]))
        item = work._as_given(Gathered(server=known))
        assert item.server is not None
        assert [one.url for one in item.server.remotes] == ["http://127.0.0.1:9/mcp?key=hunter2"]


def test_an_interrupt_keeps_what_had_arrived(tmp_path: Path, black_hole: str) -> None:
    file = write(tmp_path / "tools.json", "a", "b")
    # left alone, it would wait for the silent server for longer than a test may take
    command = f"from crawler import probe; probe.TOTAL_SECONDS = {AN_AGE}; "
    command += "from classifier.cli import main; main()"
    words = ["crawl", file, black_hole, "--allow-private", "--db", "c.db", "--format", "json"]
    process = subprocess.Popen(
        [sys.executable, "-c", command, *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 30
    while not _has_tools(tmp_path / "c.db") and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate()
    assert process.returncode == 130, err
    assert json.loads(out)["tools"] == 2
    assert "Traceback" not in err


MOMENTS = {
    "a query": "from sqlalchemy.engine.default import DefaultDialect as place; name = 'do_execute'",
    "the count": "from crawler.crawl import _Crawl as place; name = '_count'",
}
AT_A_MOMENT = """
import signal
done = getattr(place, name)
def interrupted(*given):
    if name == '_count':
        setattr(place, name, done)
        signal.raise_signal(signal.SIGINT)
    done(*given)
    if name == 'do_execute' and 'max(tool.id)' in given[2]:  # its cursor is open, and holds the lock
        setattr(place, name, done)
        signal.raise_signal(signal.SIGINT)
setattr(place, name, interrupted)
from classifier.cli import main
main()
"""


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_interrupt_waits_for_the_batch_that_is_written(tmp_path: Path, moment: str) -> None:
    words = ["crawl", write(tmp_path / "t.json", "a", "b"), "--db", "c.db", "--format", "json"]
    done = subprocess.run(
        [sys.executable, "-c", f"{MOMENTS[moment]}\n{AT_A_MOMENT}", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 130, done.stderr
    told = json.loads(done.stdout)
    assert (told["tools"], told["new"], told["unchanged"]) == (2, 2, 0)
    assert _has_tools(tmp_path / "c.db")


def _has_tools(path: Path) -> bool:
    import sqlite3

    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    except sqlite3.OperationalError:
        return False
    try:
        return bool(connection.execute("SELECT COUNT(*) FROM tool").fetchone()[0])
    except sqlite3.OperationalError:
        return False
    finally:
        connection.close()


def test_gather_needs_no_database(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.json").write_text('[{"name":"a","server":"x"},{"name":"b","server":"y"}]')
    items = list(gather([parse_target("t.json")], CrawlOptions()))
    assert [(i.server.name, [t.name for t in i.tools]) for i in items if i.server and i.tools] == [
        ("x", ["a"]),
        ("y", ["b"]),
    ]
    assert not list(tmp_path.glob("*.db"))


def test_gather_can_be_left_early(tmp_path: Path, black_hole: str, monkeypatch) -> None:
    monkeypatch.setattr(probe, "TOTAL_SECONDS", AN_AGE)
    path = tmp_path / "t.json"
    path.write_text('[{"name":"a"}]')
    options = CrawlOptions(allow_private=True)
    stream = gather([parse_target(str(path)), parse_target(black_hole)], options)
    assert next(stream).tools
    stream.close()
    assert next(stream, None) is None


def test_the_starter_list_is_about_a_dozen_pinned_packages() -> None:
    targets = starter_targets()
    assert 10 <= len(targets) <= 16
    assert all(isinstance(target, PackageTarget) and target.version for target in targets)


def test_a_crawl_of_what_is_not_due_is_no_failure(toolrisk, tmp_path: Path) -> None:
    with socket.socket() as closed:  # nobody listens there
        closed.bind(("127.0.0.1", 0))
        words = ("crawl", f"http://127.0.0.1:{closed.getsockname()[1]}/mcp", "--allow-private")
        first = toolrisk(*words)
        assert (first.returncode, "connect_error" in first.stderr) == (3, True)
        again = toolrisk(*words, "--max-age", "7d")
    assert (again.returncode, again.stderr) == (0, "")
    assert "not asked again, because asked already or not due yet: 1 server" in again.stdout
