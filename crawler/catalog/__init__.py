"""The catalogue: what every crawl has learnt, in one SQLite file that people can read too.

One writer, many readers (WAL). Classifications are stored as plain values, because facts do not
know their judges: crawler never imports classifier.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa

from crawler.catalog import frontier, partly, places, reading, walks, writing
from crawler.catalog.comparing import Tally
from crawler.catalog.connection import (
    BUSY_SECONDS,
    DEFAULT,
    file_of,
    is_still,
    make_engine,
    require_file,
    steady,
    translated,
)
from crawler.catalog.copies import Copies, copies
from crawler.catalog.frontier import Run
from crawler.catalog.partly import Incomplete
from crawler.catalog.stored import CatalogServer, CatalogTool, CatalogVersion, Change, Due
from crawler.catalog.upgrading import migrate
from crawler.catalog.verdicts import StoredClassification, store_verdicts
from crawler.gathered import Gathered, Stop, Walk, told_tools, utc_now
from crawler.records import Listing, Origin, Probe, Server, ServerName

__all__ = [
    "DEFAULT",
    "Catalog",
    "CatalogServer",
    "CatalogTool",
    "CatalogVersion",
    "Change",
    "Copies",
    "Due",
    "Incomplete",
    "Run",
    "StoredClassification",
    "Tally",
]

_BATCH = 5000


class Catalog:
    """The database of servers, tools and verdicts. Use `Catalog.open` in a `with` statement."""

    def __init__(self, engine: sa.Engine, path: Path, *, still: bool = False) -> None:
        self._engine = engine
        self._still = still
        self._writer: sa.Connection | None = None
        self.path = path

    @classmethod
    def open(
        cls,
        url_or_path: str | Path = DEFAULT,
        *,
        create: bool = True,
        busy_seconds: float = BUSY_SECONDS,
    ) -> Self:
        """Open a catalogue and bring its schema up to date.

        Without `create` one that may not be written can be read.

        Raises:
            CatalogError: locked, corrupt, no database, another program's, or written by a newer
                toolrisk.
            NoCatalogError: missing or empty, without `create`.

        """
        path = file_of(url_or_path)
        require_file(path, create=create)
        still = not create and is_still(path)
        engine = make_engine(path, busy_seconds, still=still)
        with translated(path):
            migrate(engine, path, still=still)
        return cls(engine, path, still=still)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._engine.dispose()

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        # one connection for all writes: closing the last one folds the log into the file each time
        with translated(self.path):
            if self._writer is None:
                self._writer = self._engine.connect().execution_options(writes=True)
            with self._writer.begin():
                yield self._writer

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        guard = steady(self.path) if self._still else nullcontext()
        with translated(self.path), guard, self._engine.connect() as connection:
            yield connection

    def record_many(self, items: Iterable[Gathered], *, now: str | None = None) -> Tally:
        """Store a batch of servers in one transaction and say what it changed."""
        with self._writing() as connection:
            named = places.told_apart(connection, items)
            return writing.write_batch(connection, named, now or utc_now())

    def start_run(self, targets: str, max_age: timedelta | None = None) -> Run:
        """Begin a crawl of these targets, or take up the one of them that was cut off."""
        with self._writing() as connection:
            return frontier.start(connection, targets, utc_now(), max_age)

    def step(self, run: Run, items: Sequence[Gathered], room: int) -> tuple[Tally, list[Gathered]]:
        """Store what has arrived, settle what was looked at, and hold `room` servers more.

        All of it is one transaction: a process that dies repeats what it held, and no more.
        """
        now = utc_now()
        with self._writing() as connection:
            items = places.told_apart(connection, items)
            tally = writing.write_batch(connection, items, now, has_frontier=True)
            found = [item.server for item in items if item.pending and item.server]
            frontier.note(connection, run, found, now)
            looked = [item for item in items if item.probe is not None and item.server]
            ids = frontier.server_ids(connection, [item.server for item in looked if item.server])
            frontier.settle(connection, run, list(zip(ids, looked, strict=True)), now)
            return tally, frontier.lease(connection, run, room, now)

    def stop_run(self, run: Run, summary: str | None) -> None:
        """End a crawl; without a summary it was interrupted, and can be taken up."""
        with self._writing() as connection:
            frontier.release(connection, run)
            if summary is not None:
                frontier.finish(connection, run, utc_now(), summary)

    def walked_since(self, source: str, url: str) -> str | None:
        """Return the time to ask a registry for changes since, or None for a whole walk."""
        with self._reading() as connection:
            return walks.since(connection, source, url, utc_now())

    def end_walk(self, run: Run | None, walk: Walk) -> None:
        """Remember a complete walk, and take into the crawl what it had no need to name."""
        with self._writing() as connection:
            if run is not None and not walk.is_full:
                walks.take_known(connection, run, walk.source, utc_now())
            walks.record(connection, walk)

    def stopped_after(self, source: str, place: str) -> str | None:
        """Return the entry behind which a walk of a slow source is to go on, if there was one."""
        with self._reading() as connection:
            return walks.stopped_after(connection, source, place)

    def record_stops(self, stops: Iterable[Stop]) -> None:
        """Remember how far walks of slow sources came."""
        with self._writing() as connection:
            walks.record_stops(connection, stops)

    def frontier(self, now: str | None = None) -> dict[str, dict[str, int]]:
        """Return how many servers are due, leased, done, failed and due, and their last outcomes."""
        with self._reading() as connection:
            return frontier.overview(connection, now or utc_now())

    def waiting(self, run: Run) -> int:
        """Return how many servers of a crawl nobody has begun to look at."""
        with self._reading() as connection:
            return frontier.waiting(connection, run)

    def listed(self, run: Run) -> int:
        """Return how many servers of a crawl have told their tools, in it or when last asked."""
        with self._reading() as connection:
            return frontier.listed(connection, run)

    def last_run(self) -> dict[str, Any] | None:
        """Return the newest crawl's row, or None before the first."""
        with self._reading() as connection:
            return frontier.last_run(connection)

    def record_listing(self, listing: Listing, *, now: str | None = None) -> Tally:
        """Store what one source says about one server."""
        item = Gathered(
            server=listing.server, listing=listing, tools=listing.tools, origin=listing.origin
        )
        return self.record_many([item], now=now)

    def record_probe(
        self,
        server_name: ServerName,
        probe: Probe,
        origin: Origin = Origin.LIVE,
        *,
        now: str | None = None,
    ) -> Tally:
        """Store one attempt to list a server; only `listed` and `no_tools` touch its tools."""
        item = Gathered(
            server=Server(name=server_name), probe=probe, tools=told_tools(probe), origin=origin
        )
        return self.record_many([item], now=now)

    def record_classifications(
        self, verdicts: Iterable[StoredClassification], *, now: str | None = None
    ) -> int:
        """Insert or replace verdicts, a batch a transaction; return how many.

        The newest verdict of a definition is the one recorded last. Of one ruleset with other data beside
        it (its name up to a space is the same) none is kept, so that the file does not grow with each.
        """
        created = now or utc_now()
        written = 0
        stream = iter(verdicts)
        while batch := list(islice(stream, _BATCH)):
            with self._writing() as connection:
                store_verdicts(connection, batch, created)
            written += len(batch)
        return written

    def tools(  # noqa: PLR0913 - each is a column to choose by
        self,
        *,
        server: str | None = None,
        servers: Collection[str] | None = None,
        tool: str | None = None,
        category: str | None = None,
        risk: str | None = None,
        ruleset: str | None = None,
        model: str | None = None,
        include_removed: bool = False,
        include_withdrawn: bool = False,
    ) -> Iterator[CatalogTool]:
        """Yield tools, each with its newest verdict (of that ruleset and model, when given).

        A ruleset without a space stands for itself with whatever data beside it.

        A query for some servers takes hardly longer than one for one: opening the file does.
        Tools that a server stopped listing, and those of servers that a registry withdrew, come
        only where they are asked for.
        """
        filters = {
            "server": server,
            "servers": None if servers is None else json.dumps(sorted(servers)),
            "tool": tool,
            "category": category,
            "risk": risk,
            "ruleset": ruleset,
            "model": model,
            "include_removed": include_removed,
            "include_withdrawn": include_withdrawn,
        }
        with self._reading() as connection:
            yield from reading.tools(connection, filters)

    def verdict_counts(self) -> list[tuple[str, str, int]]:
        """Return (category, risk, tools) of the newest verdicts of all present tools."""
        with self._reading() as connection:
            return reading.verdict_counts(connection)

    def judges(self) -> list[tuple[str, str, int]]:
        """Return (ruleset, model, tools) of the newest verdicts of all present tools."""
        with self._reading() as connection:
            return reading.judges(connection)

    def unclassified(self, ruleset: str, model: str) -> Iterator[Due]:
        """Yield definitions in force that were not judged, or last by another ruleset or model."""
        with self._reading() as connection:
            yield from reading.unclassified(connection, ruleset, model)

    def servers(self) -> Iterator[CatalogServer]:
        """Yield every server by name, deleted ones included."""
        with self._reading() as connection:
            yield from reading.servers(connection)

    def history(self, tool_id: int) -> list[CatalogVersion]:
        """Return the definitions of a tool as they were in force, oldest first; one may come again."""
        with self._reading() as connection:
            return reading.history(connection, tool_id)

    def histories(self, server: str) -> dict[int, list[CatalogVersion]]:
        """Return the same for every tool of a server, by tool id."""
        with self._reading() as connection:
            return reading.histories(connection, server)

    def fingerprints(self) -> dict[str, str]:
        """Return a digest per server; while it stays the same, so does all that is known of it."""
        with self._reading() as connection:
            return reading.fingerprints(connection)

    def changes(
        self, since: str, *, server: str | None = None, first: bool = True
    ) -> Iterator[Change]:
        """Yield what was added, changed or removed at or after a time (UTC ISO text).

        Without `first`, not that a tool was first seen.
        """
        with self._reading() as connection:
            yield from reading.changes(connection, since, server, first=first)

    def withdrawals(self) -> dict[str, str]:
        """Return the withdrawn servers that had tools, each with when that was noticed."""
        with self._reading() as connection:
            return reading.withdrawals(connection)

    def aliases(self) -> list[dict[str, Any]]:
        """Return every merge: the other name, the server, the source, the key and since when."""
        query = (
            "SELECT a.name, s.name AS server, a.source, a.kind, a.value, a.since, a.apart "
            "FROM alias a JOIN server s ON s.id = a.server_id ORDER BY a.name"
        )
        with self._reading() as connection:
            return [dict(row) for row in connection.execute(sa.text(query)).mappings()]

    def copies(self) -> list[Copies]:
        """Return groups of servers whose lists of tools are nearly the same; none is merged."""
        with self._reading() as connection:
            return copies(connection)

    def take_apart(self, name: str) -> bool:
        """Undo a merge for good; the next crawl gives that listing a server of its own."""
        with self._writing() as connection:
            done = connection.execute(
                sa.text("UPDATE alias SET apart = 1 WHERE name = :name"), {"name": name}
            )
            own = (
                "(SELECT l.id FROM listing l JOIN alias a ON a.server_id = l.server_id "
                "AND a.source = l.source WHERE a.name = :name)"
            )
            for sql in (
                f"DELETE FROM package WHERE listing_id IN {own}",  # noqa: S608 - a constant
                f"DELETE FROM remote WHERE listing_id IN {own}",  # noqa: S608 - a constant
                f"DELETE FROM listing WHERE id IN {own}",  # noqa: S608 - a constant
            ):
                connection.execute(sa.text(sql), {"name": name})
            for column in ("stated_by", "tools_source"):  # what the other said may be replaced
                sql = (
                    f"UPDATE server SET {column} = NULL FROM alias a WHERE a.name = :name "  # noqa: S608 - a constant
                    f"AND server.id = a.server_id AND ({column} = a.source "
                    f"OR substr({column}, 1, length(a.source) + 1) = a.source || '+')"
                )
                connection.execute(sa.text(sql), {"name": name})
            return bool(done.rowcount)

    def incomplete(self) -> list[Incomplete]:
        """Return the servers of whose lists of tools only a part is known, by name."""
        with self._reading() as connection:
            return partly.incomplete(connection)

    def known_in_part(self) -> set[str]:
        """Return these, and the servers whose lists may lack tools: by source code, or placeholders."""
        with self._reading() as connection:
            return partly.known_in_part(connection)

    def damage(self) -> str | None:
        """Return the first thing that SQLite finds wrong with the file, or None."""
        with self._reading() as connection:
            found = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
        return None if found == "ok" else found

    def counts(self) -> dict[str, int]:
        """Return how much the catalogue holds, by table."""
        with self._reading() as connection:
            return reading.counts(connection)
