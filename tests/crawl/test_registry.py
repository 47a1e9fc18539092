import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from crawler.errors import FetchError
from crawler.records import Listing, Outcome
from crawler.sources import official_registry

RECORDED = Path("replay") / "registry" / "official_v0_servers.json"
META = "io.modelcontextprotocol.registry/official"


def rows(database: Path, query: str) -> list[tuple]:
    connection = sqlite3.connect(database)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def without_seen(database: Path) -> list[str]:
    """Return the whole dump but for the columns that say when something was last seen."""
    connection = sqlite3.connect(database)
    try:
        for table in ("server", "listing", "tool", "tool_version"):
            connection.execute(f"UPDATE {table} SET last_seen = 'x'")  # noqa: S608 - our own names
        return list(connection.iterdump())
    finally:
        connection.close()


def crawl(toolrisk: Callable, target: str, *more: str, code: int = 0) -> dict:
    words = ("crawl", target, "--allow-private", "--no-probe", "--db", "c.db", "--format", "json")
    done = toolrisk(*words, *more)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout) | {"stderr": done.stderr}


def test_the_recorded_registry_twice(toolrisk, registry, shared: Path, tmp_path: Path) -> None:
    dump = json.loads((shared / RECORDED).read_text())["servers"]
    latest = {
        entry["server"]["name"]: entry["server"]
        for entry in dump
        if entry["_meta"][META]["isLatest"]
    }
    target = registry(shared / RECORDED)
    first = crawl(toolrisk, target)
    assert first["servers"] == len(latest) == 964
    assert (first["tools"], first["new"], first["changed"]) == (0, 964, 0)
    assert first["skipped"] == {}
    database = tmp_path / "c.db"
    versions = dict(rows(database, "SELECT name, version FROM server"))
    assert versions == {name: server["version"] for name, server in latest.items()}
    packages = rows(
        database,
        "SELECT s.name, p.registry_type, p.identifier FROM package p JOIN server s ON s.id = p.server_id",
    )
    assert sorted(packages) == sorted(
        (name, package["registryType"], package["identifier"])
        for name, server in latest.items()
        for package in server.get("packages") or ()
    )
    remotes = rows(
        database, "SELECT s.name, r.url FROM remote r JOIN server s ON s.id = r.server_id"
    )
    assert sorted(remotes) == sorted(
        (name, remote["url"])
        for name, server in latest.items()
        for remote in server.get("remotes") or ()
    )
    before = without_seen(database)
    second = crawl(toolrisk, target)
    assert (second["servers"], second["new"], second["changed"]) == (964, 0, 0)
    assert second["unchanged"] == 964
    assert without_seen(database) == before


def entry(name: str, version: str = "1.0.0", latest: bool = True, **more: object) -> dict:
    server = {"name": name, "description": f"about {name}", "version": version} | more
    return {"server": server, "_meta": {META: {"status": "active", "isLatest": latest}}}


def write(tmp_path: Path, entries: list) -> Path:
    file = tmp_path / "dump.json"
    file.write_text(json.dumps({"servers": entries}))
    return file


SECRETIVE = {
    "registryType": "npm",
    "identifier": "pkg",
    "version": "1.0.0",
    "transport": {"type": "stdio"},
    "environmentVariables": [
        {"name": "KEY", "isRequired": True, "isSecret": True},
        {"name": "REGION", "isRequired": True, "default": "x"},
        {"name": "OTHER"},
    ],
    "packageArguments": [
        {"type": "positional", "value": "serve"},
        {"type": "named", "name": "--port", "value": "80"},
        {
            "type": "named",
            "name": "--root",
            "value": "{root}",
            "variables": {"root": {"isRequired": True}},
        },
    ],
}


def test_versions_packages_and_inputs(toolrisk, registry, tmp_path: Path) -> None:
    remote = {
        "type": "sse",
        "url": "https://{tenant}.example/mcp",
        "headers": [
            {"name": "X-Key", "isRequired": True},
            {"name": "X-Fixed", "isRequired": True, "value": "1"},
        ],
        "variables": {"tenant": {"isRequired": True}},
    }
    entries = [
        entry("a.example/one", "1.0.0", latest=False),
        entry("a.example/one", "2.0.0", packages=[SECRETIVE], remotes=[remote]),
        entry("a.example/one", "1.5.0", latest=False),
        *(entry(f"b.example/n{n}") for n in range(120)),
        entry("a.example/one", "0.9.0", latest=False),
    ]
    summary = crawl(toolrisk, registry(write(tmp_path, entries)))
    assert summary["servers"] == 121
    database = tmp_path / "c.db"
    assert rows(database, "SELECT version FROM server WHERE name = 'a.example/one'") == [("2.0.0",)]
    ((arguments, inputs),) = rows(database, "SELECT arguments, required_inputs FROM package")
    assert json.loads(arguments) == ["serve", "--port", "80"]
    assert json.loads(inputs) == ["KEY", "root"]
    ((transport, inputs),) = rows(database, "SELECT transport, required_inputs FROM remote")
    assert transport == "sse"
    assert json.loads(inputs) == ["X-Key", "tenant"]


def test_old_answers_are_read(toolrisk, registry, tmp_path: Path) -> None:
    flat = {
        "name": "old.example/flat",
        "description": "d",
        "status": "deprecated",
        "version_detail": {"version": "0.1.0"},
        "repository": {"url": "https://github.com/old/flat"},
        "packages": [
            {
                "registry_name": "pypi",
                "name": "flat",
                "version": "0.1.0",
                "environment_variables": [{"name": "TOKEN", "is_required": True}],
            }
        ],
    }
    entries = [flat, *({"name": f"old.example/n{n}"} for n in range(150))]
    summary = crawl(toolrisk, registry(write(tmp_path, entries), "legacy"))
    assert summary["servers"] == 151
    database = tmp_path / "c.db"
    assert rows(database, "SELECT version, status, repository_url FROM server LIMIT 1") == [
        ("0.1.0", "deprecated", "https://github.com/old/flat")
    ]
    assert rows(database, "SELECT registry_type, identifier, required_inputs FROM package") == [
        ("pypi", "flat", '["TOKEN"]')
    ]


def test_limit_counts_servers(toolrisk, registry, tmp_path: Path) -> None:
    entries = [entry(f"b.example/n{n // 3}", str(n % 3), latest=n % 3 == 2) for n in range(300)]
    summary = crawl(toolrisk, registry(write(tmp_path, entries)), "--limit", "7")
    assert summary["servers"] == 7


@pytest.mark.parametrize(
    "case",
    [
        ([], "endless", "repeats its pages"),
        ([{"server": {"description": "x"}}, 7], "current", "without a name"),
    ],
)
def test_a_bad_registry_gives_what_it_has(case: tuple, toolrisk, registry, tmp_path: Path) -> None:
    more, style, reason = case
    entries = [entry("a.example/a"), *more]
    summary = crawl(toolrisk, registry(write(tmp_path, entries), style))
    assert summary["servers"] == 1
    assert summary["skipped"]["protocol_error"] >= 1
    assert reason in summary["stderr"]


def test_deleted_is_a_tombstone(toolrisk, registry, tmp_path: Path) -> None:
    entries = [entry("a.example/a"), entry("a.example/b")]
    target = registry(write(tmp_path, entries))
    crawl(toolrisk, target)
    entries[1]["_meta"][META]["status"] = "deleted"
    port = target.rpartition(":")[2]
    assert registry(write(tmp_path, entries), port=port) == target
    told = crawl(toolrisk, target)
    assert rows(tmp_path / "c.db", "SELECT name, status FROM server ORDER BY name") == [
        ("a.example/a", "active"),
        ("a.example/b", "deleted"),
    ]
    (tally,) = told["by_source"].values()
    assert tally["outcomes"]["withdrawn"] == 1
    assert told["new"] == 0
    assert told["unchanged"] == tally["outcomes"].get("declared", 0)


@pytest.mark.parametrize("knows_it", [True, False])
def test_withdrawn_servers_are_asked_for(knows_it: bool) -> None:
    asked: list[str] = []
    withdrawn = entry("a.example/a")
    withdrawn["_meta"][META]["status"] = "deleted"

    class Registry:
        async def get_bytes(self, url: str) -> bytes:
            asked.append(url)
            if "include_deleted" in url and not knows_it:
                raise FetchError(Outcome.HTTP_ERROR, "HTTP 422", status=422)
            return json.dumps({"servers": [withdrawn], "metadata": {}}).encode()

    async def walk() -> list[object]:
        found = official_registry.listings(Registry(), "https://r.example")  # type: ignore[arg-type]
        return [one async for one in found]

    (found,) = anyio.run(walk)
    assert isinstance(found, Listing)
    assert found.server.status == "deleted"
    expected = [True] if knows_it else [True, False]
    assert ["include_deleted=true" in url for url in asked] == expected


def test_nothing_listens(toolrisk) -> None:
    done = toolrisk(
        "crawl", "registry+http://127.0.0.1:9", "--allow-private", "--no-probe", "--format", "json"
    )
    assert done.returncode == 3
    assert json.loads(done.stdout)["servers"] == 0
    assert "nothing could be reached" in done.stderr
    assert "Traceback" not in done.stderr


def test_who_reaches_nobody_is_told_why(toolrisk, registry, tmp_path: Path) -> None:
    empty, one = registry(write(tmp_path, [])), tmp_path / "one.json"
    found = crawl(toolrisk, empty)
    assert (found["servers"], found["stderr"]) == (0, "read in full: no server is listed there\n")
    one.write_text('{"tools": [{"name": "a", "inputSchema": {}}]}')
    for pattern in ("zzz*", "["):
        told = crawl(toolrisk, str(one), "--only", pattern, code=3)["stderr"]
        assert told == f"toolrisk: no server that is listed there matches --only {pattern}\n"
    nobody = "registry+http://127.0.0.1:9"
    told = crawl(toolrisk, nobody, "--only", "a*", code=3)["stderr"]
    assert told.startswith("skipped ")
    assert "nothing that matches --only a* could be reached; the reasons are above" in told


def test_who_is_not_to_be_reached_is_no_failure(toolrisk) -> None:
    assert crawl(toolrisk, "npm:some-package")["servers"] == 1


def test_a_private_address_needs_permission(toolrisk, registry, tmp_path: Path) -> None:
    target = registry(write(tmp_path, [entry("a.example/a")]))
    done = toolrisk("crawl", target, "--no-probe", "--format", "json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["skipped"] == {"blocked_ssrf": 1}
    assert "--allow-private" in done.stderr
