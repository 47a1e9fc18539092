"""Catalogue ingest against plain sqlite3: python benchmarks/ingest.py [SERVERS] [TOOLS_EACH].

Stores generated servers and tools through the catalogue, then the same rows with sqlite3's own
executemany into the same schema, then refreshes without a change. Prints seconds and rows.
"""

import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from crawler.catalog import Catalog
from crawler.gathered import Gathered
from crawler.records import Listing, Origin, Outcome, Probe, Provenance, Server, ServerName, Tool

BATCH = 256
TABLES = ("server", "listing", "probe", "tool", "tool_version")


def gathered(number: int, each: int) -> Gathered:
    name = ServerName(f"bench.example/server-{number:06}")
    schema = {
        "type": "object",
        "properties": {
            key: {"type": "string", "description": f"The {key} of the record to look at."}
            for key in ("account", "folder", "query", "limit")
        },
        "required": ["account"],
    }
    tools = tuple(
        Tool(
            server=name,
            name=f"list_records_{index}",
            description=f"Lists the records of folder {index} of an account of server {number}. "
            * 3,
            input_schema=schema,
        )
        for index in range(each)
    )
    server = Server(name=name, description="A server of the benchmark.")
    source = Provenance(
        source="bench", url="https://bench.example", fetched_at="2026-11-21T00:00:00+00:00"
    )
    probe = Probe(outcome=Outcome.LISTED, tools=tools, started_at="2026-11-21T00:00:00+00:00")
    return Gathered(
        server=server,
        listing=Listing(server=server, provenance=source),
        probe=probe,
        tools=tools,
        origin=Origin.LIVE,
    )


def ingest(path: Path, servers: int, each: int) -> tuple[float, int]:
    """Return seconds spent in the catalogue (making the records is left out), and rows written."""
    spent = 0.0
    with Catalog.open(path) as catalog:
        for start in range(0, servers, BATCH):
            batch = [gathered(n, each) for n in range(start, min(start + BATCH, servers))]
            for item in batch:  # the digest is computed once, wherever a definition first arrives
                for tool in item.tools or ():
                    tool.definition_sha256  # noqa: B018 - a cached property
            clock = time.perf_counter()
            catalog.record_many(batch)
            spent += time.perf_counter() - clock
    with sqlite3.connect(path) as plain:
        rows = sum(plain.execute(f"SELECT COUNT(*) FROM {t}").fetchone()[0] for t in TABLES)  # noqa: S608
    plain.close()
    return spent, rows


def plain_copy(source: Path, target: Path) -> float:
    """Return seconds that sqlite3 takes for the same rows, in transactions of the same size."""
    with Catalog.open(target):
        pass
    origin, plain = sqlite3.connect(source), sqlite3.connect(target)
    plain.execute("PRAGMA synchronous=NORMAL")
    spent = 0.0
    for table in TABLES:
        cursor = origin.execute(f"SELECT * FROM {table}")  # noqa: S608
        marks = ",".join("?" * len(cursor.description))
        while rows := cursor.fetchmany(BATCH * 7):
            clock = time.perf_counter()
            plain.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608
            plain.commit()
            spent += time.perf_counter() - clock
    origin.close()
    plain.close()
    return spent


def main() -> None:
    servers = int(sys.argv[1]) if len(sys.argv) > 1 else 43_000
    each = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c.db"
        first, rows = ingest(path, servers, each)
        plain = plain_copy(path, Path(folder) / "plain.db")
        again, after = ingest(path, servers, each)
    tools = servers * each
    print(f"{servers:,} servers, {tools:,} tools, {rows:,} rows")
    print(f"catalogue  {first:7.2f} s  {tools / first:10,.0f} tools/s")
    print(f"sqlite3    {plain:7.2f} s  {tools / plain:10,.0f} tools/s  ratio {first / plain:.2f}")
    print(
        f"unchanged  {again:7.2f} s  {after - rows:,} new rows, {(servers * 3) / rows:.2f} of the writes"
    )


if __name__ == "__main__":
    main()
