"""Every hostile server, crawled at once: each has its outcome, and the good ones are listed."""

import json
import os
import re  # noqa: TID251 - our own source
import sqlite3
import subprocess
import sys
import tomllib
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from crawler.probe import sandbox

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SERVERS = HERE.parent / "servers"
CASES = tomllib.loads((HERE / "cases.toml").read_text(encoding="utf-8"))
ALL = [(kind, one) for kind, cases in CASES.items() for one in cases]
NO_SANDBOX = sandbox.unavailable()


def install(cache, case):
    """Put a package where the crawl keeps those that it fetched."""
    name = f"hostile-{case.replace('_', '-')}"
    tree = cache / "toolrisk" / "packages" / "pypi" / name / f"1.0-py3{sys.version_info.minor}"
    info = tree / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "entry_points.txt").write_text(f"[console_scripts]\n{name} = start:main\n")
    (tree / "hostile.py").write_text((SERVERS / "misbehaving_stdio.py").read_text())
    (tree / "start.py").write_text(f"import hostile\ndef main():\n    hostile.run({case!r})\n")
    package = {"registryType": "pypi", "identifier": name, "version": "1.0", "transport": {"type": "stdio"}}  # fmt: skip
    return {"packages": [package]}


def remote(port, number, kind, case):
    """Return a remote server at a loopback address of its own, as each would have a domain."""
    url = f"http://127.0.{1 + number}.1:{port}/{case}"
    return {"remotes": [{"type": "sse" if kind == "sse" else "streamable-http", "url": url}]}


@contextmanager
def serving(*words):
    """Run a server that prints its port, and say which."""
    with subprocess.Popen([sys.executable, *map(str, words)], stdout=subprocess.PIPE) as process:
        yield int(process.stdout.readline())
        process.kill()


SECONDS = {"remote": 15, "stdio": 6}
"""A busy machine must not turn a list of 100 pages into a timeout; what floods should end soon."""


@pytest.fixture(scope="module")
def crawled(tmp_path_factory):
    """Crawl all cases; return rows by server, tools, summaries and what was left."""
    folder = tmp_path_factory.mktemp("hostile")
    dumps = {"remote": [], "stdio": []}
    with ExitStack() as stack:
        port = stack.enter_context(serving(SERVERS / "misbehaving.py", "0.0.0.0"))
        for number, (kind, one) in enumerate(ALL):
            case = one["case"]
            is_run = kind == "stdio"
            how = install(folder / "cache", case) if is_run else remote(port, number, kind, case)
            server = {"name": f"hostile.example/{kind}.{case}", "version": "1.0"} | how
            dumps["stdio" if is_run else "remote"].append({"server": server})
        crawls = []
        for part, entries in dumps.items():
            dump = folder / f"{part}.json"
            dump.write_text(json.dumps({"servers": entries}))
            target = f"registry+http://127.0.0.1:{stack.enter_context(serving(SERVERS / 'registry.py', dump))}"
            words = [HERE / "run.py", target, folder / f"{part}.db", str(SECONDS[part])]
            crawls.append(
                subprocess.Popen(
                    [sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                    text=True, env=os.environ | {"XDG_CACHE_HOME": str(folder / "cache")},
                )
            )  # fmt: skip
        told = [one.communicate(timeout=240) for one in crawls]
    assert [one.returncode for one in crawls] == [0, 0], told
    left = [
        path.parent.name
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if any(mark in _read(path) for mark in (b"'hostile-", b"left-by-the-hostile-server"))
    ]
    rows, tools = {}, []
    for part in dumps:
        connection = sqlite3.connect(folder / f"{part}.db")
        connection.row_factory = sqlite3.Row
        query = "SELECT server.name, probe.* FROM probe JOIN server ON server.id = probe.server_id"
        rows |= {row["name"]: row for row in connection.execute(query)}
        tools += connection.execute(
            "SELECT server.name AS server, tool.name FROM tool "
            "JOIN server ON server.id = tool.server_id ORDER BY tool.id"
        ).fetchall()
        connection.close()
    return rows, tools, [json.loads(out) for out, _ in told], left


def _read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


def wrong(one, row, found):
    """Yield what a record says that the case does not."""
    if "or_tools" in one and row["outcome"] == "listed":
        expected = {"tools": one["or_tools"]}
    elif row["outcome"] == one.get("or_outcome"):
        expected = {"tools": []}
    else:
        expected = {
            "outcome": one["outcome"],
            "truncated": one.get("truncated", False),
            "problems": one.get("problems", 0),
        }
        if one.get("said", "") not in row["detail"]:
            yield f"does not say {one['said']!r}: {row['detail']}"
        if "tools" in one:
            expected["tools"] = one["tools"]
    seen = {
        "outcome": row["outcome"],
        "truncated": bool(row["truncated"]),
        "problems": len(json.loads(row["problems"])),
        "tools": found,
    }
    yield from (
        f"{key} is {seen[key]}: {row['detail']}" for key in expected if seen[key] != expected[key]
    )
    if "count" in one and len(found) != one["count"]:
        yield f"{len(found)} tools"
    if not row["detail"].isprintable():
        yield "control characters"


def test_each_is_recorded_with_its_outcome_and_the_crawl_goes_on(crawled):
    rows, tools, summaries, left = crawled
    failures = []
    for kind, one in ALL:
        if kind == "stdio" and NO_SANDBOX:
            continue
        name = f"hostile.example/{kind}.{one['case']}"
        found = [tool["name"] for tool in tools if tool["server"] == name]
        failures += [f"{kind} {one['case']}: {what}" for what in wrong(one, rows[name], found)]
    assert failures == []
    assert len(rows) == len(ALL)
    assert max(summary["peak"] for summary in summaries) < 400_000_000
    assert left == []


@pytest.mark.parametrize("kind", ["http", "stdio"])
def test_every_hostile_server_there_is_has_a_case(kind):
    source = SERVERS / {"http": "misbehaving.py", "stdio": "misbehaving_stdio.py"}[kind]
    there = set(re.findall(r"def on_(\w+)\(", source.read_text(encoding="utf-8")))
    assert {one["case"].replace("-", "_") for one in CASES[kind]} == there


def test_the_page_is_what_the_cases_say():
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile.page", "--check"], cwd=ROOT, check=False, timeout=60
    )
    assert done.returncode == 0, "python -m tests.hostile.page writes docs/hostile.md anew"
