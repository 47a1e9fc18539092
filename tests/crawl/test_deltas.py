"""A second walk of a registry asks for what has changed, and loses nothing by it."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from crawler.catalog import Catalog
from crawler.gathered import Walk

META = "io.modelcontextprotocol.registry/official"
URL = "https://r.example"


def entry(name: str, updated: str = "2026-01-01T00:00:00Z", status: str = "active") -> dict:
    notes = {"status": status, "isLatest": True, "updatedAt": updated}
    remote = {"type": "streamable-http", "url": f"http://127.0.0.1:9/{name}"}
    server = {"name": f"a.example/{name}", "version": "1.0.0", "remotes": [remote]}
    return {"server": server, "_meta": {META: notes}}


def write(path: Path, *entries: dict) -> Path:
    path.write_text(json.dumps({"servers": entries}))
    return path


def rows(path: Path, query: str) -> list[tuple]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def crawl(toolrisk, target: str, *more: str, code: int = 0) -> dict:
    words = ("crawl", target, "--allow-private", "--db", "c.db", "--format", "json", *more)
    done = toolrisk(*words)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def test_what_has_changed_is_asked_for_and_the_rest_is_known(
    toolrisk, registry, tmp_path: Path
) -> None:
    dump = tmp_path / "dump.json"
    target = registry(write(dump, entry("a"), entry("b"), entry("c")), "delta")
    port = target.rpartition(":")[2]
    assert crawl(toolrisk, target, "--limit", "2", "--no-probe")["servers"] == 2
    assert rows(tmp_path / "c.db", "SELECT * FROM walk") == []  # not complete
    assert crawl(toolrisk, target)["servers"] == 3
    soon = (datetime.now(UTC) + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    registry(write(dump, entry("a"), entry("b", soon, "deleted"), entry("c")), "delta", port)
    found = crawl(toolrisk, target)
    assert found["servers"] == 1
    # the others were asked again all the same: only the list was spared
    assert sum(found["skipped"].values()) == 2
    status = "SELECT name, status FROM server ORDER BY name"
    expected = [("a.example/a", "active"), ("a.example/b", "deleted"), ("a.example/c", "active")]
    assert rows(tmp_path / "c.db", status) == expected
    registry(write(dump, entry("a"), entry("c")), "delta", port)
    assert crawl(toolrisk, target, "--no-probe")["servers"] == 0  # nothing changed, and no failure
    assert rows(tmp_path / "c.db", status) == expected
    assert crawl(toolrisk, target, "--no-probe", "--full")["servers"] == 2


def test_a_walk_that_failed_is_not_built_on(toolrisk, registry, tmp_path: Path) -> None:
    dump = write(tmp_path / "dump.json", entry("a"))
    crawl(toolrisk, registry(dump, "endless"), "--no-probe")
    assert rows(tmp_path / "c.db", "SELECT * FROM walk") == []


def test_since_when_changes_are_asked_for(tmp_path: Path) -> None:
    now = datetime.now(UTC).replace(microsecond=0)

    def ended(days: float, *, is_full: bool) -> str | None:
        at = (now - timedelta(days=days)).isoformat()
        catalog.end_walk(None, Walk(source="s", url=URL, started_at=at, is_full=is_full))
        return catalog.walked_since("s", URL)

    def hour_before(days: float) -> str:
        return (now - timedelta(days=days, hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")

    with Catalog.open(tmp_path / "c.db") as catalog:
        assert catalog.walked_since("s", URL) is None
        assert ended(8, is_full=True) is None
        assert ended(6, is_full=True) == hour_before(6)
        assert ended(1, is_full=False) == hour_before(1)
        assert catalog.walked_since("s", URL + "/other") is None
        assert rows(tmp_path / "c.db", "SELECT full_at FROM walk") == [
            ((now - timedelta(days=6)).isoformat(),)
        ]


def withdrawn(name: str) -> dict:
    return entry(name, "2999-01-01T00:00:00Z", "deleted")


def crawl_twice(toolrisk, registry, tmp_path: Path, style: str, *more: str) -> dict:
    """Walk a registry whole, then one of that style, which has withdrawn its last server."""
    dump = tmp_path / "dump.json"
    names = [f"n{number}" for number in range(101)]  # two pages
    target = registry(write(dump, *map(entry, names), entry("z")), "delta")
    crawl(toolrisk, target, "--no-probe")
    changed = write(dump, *map(entry, names), withdrawn("z"))
    registry(changed, style, target.rpartition(":")[2])
    return crawl(toolrisk, target, "--no-probe", *more)


def status_of_z(tmp_path: Path) -> str:
    ((status,),) = rows(tmp_path / "c.db", "SELECT status FROM server WHERE name LIKE '%/z'")
    return status


def test_a_page_that_fails_once_loses_no_withdrawal(toolrisk, registry, tmp_path: Path) -> None:
    found = crawl_twice(toolrisk, registry, tmp_path, "500@2", "--full")
    assert (found["servers"], found["skipped"]) == (102, {})
    assert status_of_z(tmp_path) == "deleted"


def test_an_error_of_an_incremental_walk_is_not_a_refusal(
    toolrisk, registry, tmp_path: Path
) -> None:
    found = crawl_twice(toolrisk, registry, tmp_path, "500@1")
    assert found["servers"] == 1  # and not the whole list, which would have been asked for
    assert status_of_z(tmp_path) == "deleted"


def test_a_page_that_is_refused_ends_the_walk(toolrisk, registry, tmp_path: Path) -> None:
    entries = [entry(f"n{number}") for number in range(101)]
    target = registry(write(tmp_path / "dump.json", *entries), "refuses-cursor")
    found = crawl(toolrisk, target, "--no-probe")
    assert (found["servers"], found["skipped"]) == (100, {"http_error": 1})
    assert rows(tmp_path / "c.db", "SELECT * FROM walk") == []


def test_an_older_registry_is_asked_for_what_it_knows(toolrisk, registry, tmp_path: Path) -> None:
    found = crawl_twice(toolrisk, registry, tmp_path, "refuses-updated_since")
    assert (found["servers"], found["skipped"]) == (102, {})
    assert status_of_z(tmp_path) == "deleted"
