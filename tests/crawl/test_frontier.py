import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest

from crawler.catalog import Catalog, frontier, workers
from crawler.gathered import Gathered, Walk
from crawler.probe import TOTAL_SECONDS
from crawler.probe.running import FETCH_SECONDS
from crawler.probe.static import READ_SECONDS
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

COUNT = 30


class Fleet(BaseHTTPRequestHandler):
    """Stateless MCP servers under paths, each answering after a moment, and their registry."""

    asked: ClassVar[Counter[str]] = Counter()
    pause = 0.0

    def do_GET(self) -> None:
        if not self.path.startswith("/v0.1/servers"):
            return self.answer(405, {})
        base = f"http://127.0.0.1:{self.server.server_address[1]}"
        servers = [
            {
                "name": f"f.example/s{n:02}",
                "remotes": [{"type": "streamable-http", "url": f"{base}/s{n:02}"}],
            }
            for n in range(COUNT)
        ]
        return self.answer(200, {"servers": servers, "metadata": {}})

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        method = request["method"]
        if method == "tools/list":
            Fleet.asked[self.path] += 1
            time.sleep(self.pause)
        results = {
            "initialize": {
                "protocolVersion": "2025-06-18",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "f", "version": "1"},
            },
            "tools/list": {
                "tools": [{"name": f"tool_of_{self.path[1:]}", "inputSchema": {"type": "object"}}]
            },
        }
        if "id" not in request:
            return self.answer(202, None)
        if method not in results:
            error = {"code": -32601, "message": "Method not found"}
            return self.answer(200, {"jsonrpc": "2.0", "id": request["id"], "error": error})
        return self.answer(200, {"jsonrpc": "2.0", "id": request["id"], "result": results[method]})

    def answer(self, status: int, body: object) -> None:
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def fleet() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Fleet)
    server.daemon_threads = True
    Fleet.asked.clear()
    Fleet.pause = 0.0
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"registry+http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join(5)


def count(path: Path, query: str) -> int:
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    except sqlite3.OperationalError:
        return 0
    try:
        return int(connection.execute(query).fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()


def words(target: str, *more: str) -> list[str]:
    return ["crawl", target, "--allow-private", "--db", "c.db", "--format", "json", *more]


def test_a_killed_crawl_is_taken_up(toolrisk, fleet: str, tmp_path: Path) -> None:
    Fleet.pause = 0.4
    command = "from classifier.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", command, *words(fleet, "--concurrency", "2")],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while count(tmp_path / "c.db", "SELECT COUNT(*) FROM tool") < 5 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)
    stored = count(tmp_path / "c.db", "SELECT COUNT(*) FROM tool")
    assert 5 <= stored < COUNT
    Fleet.pause = 0.0
    done = toolrisk(*words(fleet))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["new"] == COUNT - stored
    assert count(tmp_path / "c.db", "SELECT COUNT(*) FROM tool") == COUNT
    repeated = sum(Fleet.asked.values()) - COUNT
    assert 0 <= repeated <= 4  # twice the concurrency: what was in flight
    states = "SELECT COUNT(*) FROM frontier WHERE state = 'done'"
    assert count(tmp_path / "c.db", states) == COUNT
    again = toolrisk(*words(fleet))
    assert json.loads(again.stdout)["unchanged"] == COUNT


def test_max_age_leaves_alone_what_is_fresh(toolrisk, fleet: str) -> None:
    assert json.loads(toolrisk(*words(fleet)).stdout)["new"] == COUNT
    asked = sum(Fleet.asked.values())
    fresh = json.loads(toolrisk(*words(fleet, "--max-age", "1h")).stdout)
    assert (fresh["servers"], fresh["tools"]) == (COUNT, 0)
    assert sum(Fleet.asked.values()) == asked
    time.sleep(1.1)
    assert json.loads(toolrisk(*words(fleet, "--max-age", "1s")).stdout)["unchanged"] == COUNT
    assert toolrisk(*words(fleet, "--max-age", "soon")).returncode == 2


def test_only_takes_patterns(toolrisk, fleet: str) -> None:
    found = json.loads(toolrisk(*words(fleet, "--only", "F.example/s0*", "--only", "*/s29")).stdout)
    assert (found["servers"], found["tools"]) == (11, 11)


def test_status_says_where_things_stand(toolrisk, fleet: str) -> None:
    assert toolrisk("status", "--db", "none.db").returncode == 2
    toolrisk(*words(fleet))
    done = toolrisk("status", "--db", "c.db", "--format", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["counts"]["tools"] == COUNT
    assert found["frontier"]["states"] == {"done": COUNT}
    assert found["frontier"]["due"] == {"now": 0, "later": COUNT}
    assert found["last_run"]["finished_at"]
    text = toolrisk("status", "--db", "c.db").stdout
    assert f"{COUNT} servers" in text
    assert "done 30" in text


NOW = "2026-11-21T00:00:00+00:00"


def pending(name: str) -> Gathered:
    server = Server(name=ServerName(name))
    source = Provenance(source="x", url="https://x.example", fetched_at=NOW)
    return Gathered(server=server, listing=Listing(server=server, provenance=source), pending=True)


def result(name: str, outcome: Outcome) -> Gathered:
    probe = Probe(outcome=outcome, detail="because")
    return Gathered(server=Server(name=ServerName(name)), probe=probe, tools=None)


def test_failures_are_tried_again_later_and_later(tmp_path: Path) -> None:
    with Catalog.open(tmp_path / "c.db") as catalog:
        waits = []
        for _ in range(3):
            run = catalog.start_run("[]")
            _, held = catalog.step(run, [pending("a")], 5)
            assert [item.server.name for item in held if item.server] == ["a"]
            catalog.step(run, [result("a", Outcome.TIMEOUT)], 0)
            catalog.stop_run(run, "{}")
            waits.append(
                count(
                    tmp_path / "c.db",
                    "SELECT strftime('%s', next_attempt) - strftime('%s', last_attempt) FROM frontier",
                )
            )
        assert 3600 <= waits[0] < waits[1] < waits[2] <= 4 * 3600 * 1.125
        told = {"states": {"failed": 1}, "outcomes": {"timeout": 1}}
        assert catalog.frontier() == told | {"due": {"now": 0, "later": 1}}
        assert catalog.frontier("2999-01-01") == told | {"due": {"now": 1, "later": 0}}


def test_a_free_server_is_due_and_a_held_one_is_not(tmp_path: Path) -> None:
    with Catalog.open(tmp_path / "c.db") as catalog:
        assert catalog.frontier()["due"] == {"now": 0, "later": 0}
        run = catalog.start_run("[]")
        catalog.step(run, [pending(name) for name in "abc"], 1)
        assert catalog.waiting(run) == catalog.frontier()["due"]["now"] == 2
        assert catalog.frontier("2999-01-01")["due"]["now"] == 3  # its lease has ended


def test_what_another_process_holds_is_not_taken(tmp_path: Path) -> None:
    with Catalog.open(tmp_path / "c.db") as catalog:
        run = catalog.start_run("[]")
        _, held = catalog.step(run, [pending("a"), pending("b")], 1)
        assert len(held) == 1
        second = catalog.start_run("[]")
        assert second.resumed
        _, more = catalog.step(second, [pending("a"), pending("b")], 5)
        assert [item.server.name for item in more if item.server] == ["b"]
        catalog.stop_run(run, None)
        _, again = catalog.step(second, [], 5)
        assert {item.server.name for item in again if item.server} == {"a", "b"}


def test_what_is_under_way_for_long_is_not_asked_twice(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(frontier, "LEASE", timedelta(seconds=-5))
    with Catalog.open(tmp_path / "c.db") as catalog:
        run = catalog.start_run("[]")
        assert len(catalog.step(run, [pending("a")], 5)[1]) == 1
        assert catalog.step(run, [pending("a")], 5)[1] == []
        other = replace(run, worker="elsewhere:1:x")
        assert len(catalog.step(other, [], 5)[1]) == 1


def test_a_lease_is_longer_than_all_time_limits_of_one_look() -> None:
    """Of a package that is run and then read: two look-ups, two fetches, and its dependencies'."""
    live = 2 * FETCH_SECONDS + TOTAL_SECONDS
    read = 3 * FETCH_SECONDS + 2 * READ_SECONDS
    assert frontier.LEASE.total_seconds() > live + read


def test_a_lease_is_renewed_while_anything_arrives(tmp_path: Path, monkeypatch) -> None:
    with Catalog.open(tmp_path / "c.db") as catalog:
        run = catalog.start_run("[]")
        monkeypatch.setattr(frontier, "LEASE", timedelta(seconds=-5))
        assert len(catalog.step(run, [pending("slow"), pending("quick")], 5)[1]) == 2
        monkeypatch.undo()
        catalog.step(run, [result("quick", Outcome.NOT_MCP)], 0)
        other = replace(run, worker="elsewhere:1:x")
        assert catalog.step(other, [], 5)[1] == []


def test_a_dead_process_of_the_same_number_holds_nothing(tmp_path: Path) -> None:
    with Catalog.open(tmp_path / "c.db") as catalog:
        dead = replace(catalog.start_run("[]"), worker=workers.worker_name()[:-8] + "0" * 8)
        assert len(catalog.step(dead, [pending("a")], 5)[1]) == 1
        run = catalog.start_run("[]")
        assert len(catalog.step(run, [pending("a")], 5)[1]) == 1


def test_the_source_that_describes_a_server_says_where_it_is_asked(tmp_path: Path) -> None:
    def listed(source: str, name: str, url: str) -> Gathered:
        package = Package(registry_type="npm", identifier="well-known")
        server = Server(
            name=ServerName(name),
            packages=(package,),
            remotes=(Remote(transport="streamable-http", url=url),),
        )
        provenance = Provenance(source=source, url="https://x.example", fetched_at=NOW)
        listing = Listing(server=server, provenance=provenance)
        return Gathered(server=server, listing=listing, pending=True)

    own = listed("official-registry", "io.github.a/b", "https://good.example/mcp")
    other = listed("https://elsewhere.example", "com.evil/b2:x", "https://evil.example/mcp")
    with Catalog.open(tmp_path / "c.db") as catalog:
        run = catalog.start_run("[]")
        catalog.record_many([own], now="2026-01-01T00:00:00+00:00")
        _, held = catalog.step(run, [other], 5)
        assert [item.server.name for item in held if item.server] == ["io.github.a/b"]
        assert [item.server.remotes[0].url for item in held if item.server] == [
            "https://good.example/mcp"
        ]


def test_an_attempt_that_brought_nothing_new_is_no_row_of_its_own(tmp_path: Path) -> None:
    def tell(name: str, outcome: Outcome, when: str) -> None:
        run = catalog.start_run("[]")
        catalog.step(run, [pending(name)], 5)
        looked = result(name, outcome)
        assert looked.probe is not None
        catalog.step(run, [replace(looked, probe=replace(looked.probe, started_at=when))], 0)
        catalog.stop_run(run, "{}")

    with Catalog.open(tmp_path / "c.db") as catalog:
        for day, outcome in enumerate([Outcome.NOT_MCP, Outcome.NOT_MCP, Outcome.TIMEOUT]):
            tell("a", outcome, f"2026-11-0{day + 1}T00:00:00+00:00")
        probes = "SELECT COUNT(*) FROM probe"
        assert count(tmp_path / "c.db", probes) == 2
        found = next(catalog.servers())
        assert found.last_probe is not None
        assert found.last_probe.outcome is Outcome.TIMEOUT
        assert found.last_probe.started_at > "2026-11-20"  # when the frontier saw it last


def test_a_clock_that_was_ahead_keeps_nobody_from_being_asked(tmp_path: Path, monkeypatch) -> None:
    """The first crawl is of next year; what it tells of times holds for none of the next."""
    names = ["done", "failed", "told", "held"]
    told = Probe(outcome=Outcome.LISTED, wait_seconds=3600.0)
    ahead = datetime.now(UTC) + timedelta(days=365)
    with Catalog.open(tmp_path / "c.db") as catalog:
        with monkeypatch.context() as later:
            later.setattr("crawler.catalog.utc_now", lambda: ahead.isoformat(timespec="seconds"))
            run = catalog.start_run("[]", timedelta(hours=24))
            elsewhere = replace(run, worker="elsewhere:1:x")
            assert len(catalog.step(elsewhere, [pending(name) for name in names], 5)[1]) == 4
            looked = [result("done", Outcome.LISTED), result("failed", Outcome.TIMEOUT)]
            catalog.step(run, [*looked, replace(result("told", Outcome.LISTED), probe=told)], 0)
        assert catalog.frontier()["due"]["now"] == 3  # the lease is not over yet
        run = catalog.start_run("[]", timedelta(hours=24))
        assert not run.resumed
        _, held = catalog.step(run, [pending(name) for name in names], 5)
        assert {item.server.name for item in held if item.server} == set(names)
        catalog.step(run, [result(name, Outcome.LISTED) for name in names], 0)
        catalog.stop_run(run, "{}")
        run = catalog.start_run("[]", timedelta(hours=24))
        assert catalog.step(run, [pending(name) for name in names], 5)[1] == []


def test_a_walk_of_a_clock_that_was_ahead_is_not_built_on(tmp_path: Path) -> None:
    def walk(at: datetime) -> Walk:
        started = at.isoformat(timespec="seconds")
        return Walk(source="s", url="u", started_at=started, is_full=True)

    now = datetime.now(UTC)
    with Catalog.open(tmp_path / "c.db") as catalog:
        catalog.end_walk(None, walk(now + timedelta(days=365)))
        assert catalog.walked_since("s", "u") is None
        catalog.end_walk(None, walk(now))
        assert catalog.walked_since("s", "u") is not None
