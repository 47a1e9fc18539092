"""The whole crawl against a bare httpx loop: python benchmarks/crawl.py [SERVERS ...].

For each size: a fleet (fleet.py) is crawled into a new catalogue by the real command; the same
requests, as the fleet saw them, are made again by a loop that does nothing but ask, at the same
concurrency and with the same deadline; then the crawl is repeated with nothing changed. Prints
seconds, peak memory of the crawling process, and rows written.
"""

import argparse
import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CONCURRENCY = 64
DEADLINE = 20.0


@dataclass
class Measured:
    """One child process: seconds on the clock and of CPU, peak MB, the last line it printed."""

    seconds: float
    cpu: float
    megabytes: float
    told: dict[str, Any]


def measure(*words: str) -> Measured:
    """Run a child to its end; wait4 gives the peak memory of it alone."""
    clock = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen([sys.executable, str(HERE / "crawl.py"), *words], stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - clock
        out.seek(0)
        lines = out.read().decode().splitlines()
    assert process.returncode == 0, f"{words[0]} ended with {process.returncode}"
    cpu = usage.ru_utime + usage.ru_stime
    return Measured(seconds, cpu, usage.ru_maxrss / 1024, json.loads(lines[-1]))


def crawl_once(port: str, database: str) -> None:
    """The child that crawls: what `toolrisk crawl` does, and the rows that it wrote."""
    from crawler.asking import CrawlOptions
    from crawler.catalog import Catalog
    from crawler.crawl import crawl
    from crawler.targets import parse_target

    target = parse_target(f"registry+http://127.0.0.1:{port}")
    options = CrawlOptions(allow_private=True, concurrency=CONCURRENCY)
    with Catalog.open(database) as catalog:
        summary = crawl([target], options, catalog)
        writer = catalog._writer  # noqa: SLF001 - SQLite counts changes by connection
        assert writer is not None
        written = writer.connection.driver_connection.total_changes  # type: ignore[union-attr]
    print(json.dumps(summary.to_json() | {"rows": written}))


def bare_loop(port: str, database: str) -> None:
    """The child that only asks: no parsing, no checks, no storage."""
    del database
    import httpx

    base = f"http://127.0.0.1:{port}"
    log = httpx.get(base + "/log", timeout=60, trust_env=False).json()
    jobs: dict[int, list[tuple[str, str, dict[str, str], bytes]]] = defaultdict(list)
    for number, method, path, headers, body in log:
        jobs[number].append((method, path, headers, body.encode()))
    servers = len(jobs) + _add_dead(base, jobs)
    print(json.dumps({"requests": asyncio.run(_ask_all(int(port), jobs)), "servers": servers}))


def _add_dead(base: str, jobs: dict[int, Any]) -> int:
    """Dead servers saw no request; the crawl knocked all the same, and so does the loop."""
    import httpx

    dead, cursor = 0, "0"
    with httpx.Client(trust_env=False) as client:
        while cursor is not None:
            page = client.get(f"{base}/v0.1/servers?cursor={cursor}").json()
            cursor = page["metadata"].get("nextCursor")
            for entry in page["servers"]:
                number = int(entry["server"]["name"][-6:])
                if ":1/" in entry["server"]["remotes"][0]["url"]:
                    jobs[number] = [("POST", "/mcp", {}, b"{}")]
                    dead += 1
    return dead


async def _ask_all(port: int, jobs: dict[int, list[tuple[str, str, dict[str, str], bytes]]]) -> int:
    import httpx
    from fleet import address, kind_of

    made = 0
    queue = iter(sorted(jobs.items()))
    limits = httpx.Limits(max_connections=256, max_keepalive_connections=64)
    async with httpx.AsyncClient(timeout=DEADLINE, limits=limits, trust_env=False) as client:

        async def work() -> None:
            nonlocal made
            for number, requests in queue:
                host = f"http://{address(number)}:{1 if kind_of(number) == 'dead' else port}"
                for method, path, headers, body in requests:
                    made += 1
                    try:
                        answer = await client.request(
                            method, host + path, headers=headers, content=body
                        )
                        _ = answer.content
                    except httpx.TransportError:
                        break

        await asyncio.gather(*(work() for _ in range(CONCURRENCY)))
    return made


def rows(path: Path) -> dict[str, int]:
    with sqlite3.connect(path) as plain:
        names = ("server", "tool", "tool_version", "probe")
        found = {n: plain.execute(f"SELECT COUNT(*) FROM {n}").fetchone()[0] for n in names}  # noqa: S608
    plain.close()
    return found


def run(servers: int) -> None:
    fleet = subprocess.Popen(
        [sys.executable, str(HERE / "fleet.py"), str(servers), "--log"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert fleet.stdout is not None
    port = fleet.stdout.readline().strip()
    try:
        with tempfile.TemporaryDirectory() as folder:
            database = Path(folder) / "c.db"
            first = measure("--crawl", port, str(database))
            before = rows(database)
            bare = measure("--bare", port, "-")
            again = measure("--crawl", port, str(database))
            after = rows(database)
    finally:
        fleet.kill()
        fleet.communicate()
    report(servers, first, bare, again, (before, after))


def report(
    servers: int, first: Measured, bare: Measured, again: Measured,
    counts: tuple[dict[str, int], dict[str, int]],
) -> None:  # fmt: skip
    before, after = counts
    new = after["tool_version"] - before["tool_version"]
    print(f"{servers:,} servers, {before['tool']:,} tools, {bare.told['requests']:,} requests")
    print(f"  first crawl {_line(first, servers)}  {first.told['rows']:>9,} rows written")
    print(f"  bare loop   {_line(bare, servers)}  crawl / loop {first.seconds / bare.seconds:.2f}")
    share = again.told["rows"] / first.told["rows"]
    print(
        f"  unchanged   {_line(again, servers)}  {again.told['rows']:>9,} rows written, "
        f"{share:.2f} of the first; {new} new versions"
    )
    outcomes = ", ".join(f"{name} {count:,}" for name, count in first.told["skipped"].items())
    print(f"  not listed  {outcomes}", flush=True)


def _line(one: Measured, servers: int) -> str:
    rate = servers / one.seconds
    return (
        f"{one.seconds:7.1f} s {one.cpu:7.1f} CPU s {rate:6,.0f} servers/s {one.megabytes:5.0f} MB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("servers", type=int, nargs="*", default=[1_000, 5_000])
    parser.add_argument("--crawl", nargs=2, metavar=("PORT", "DB"), help=argparse.SUPPRESS)
    parser.add_argument("--bare", nargs=2, metavar=("PORT", "DB"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.crawl:
        return crawl_once(*options.crawl)
    if options.bare:
        return bare_loop(*options.bare)
    for servers in options.servers:
        run(servers)
    return None


if __name__ == "__main__":
    main()
