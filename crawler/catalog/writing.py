"""Storing what a crawl brought home: a batch of servers in one transaction.

Existing rows are read once a batch, ids are handed out here (the write lock is held), and every
table is written with one executemany. A refresh that finds nothing new writes few rows per
server (its listing, its place in the frontier, and that it was seen), never any per tool.
"""

from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from crawler.catalog import merging, rows, tables
from crawler.catalog.comparing import KnownTool, Tally, ToolBatch
from crawler.catalog.precedence import may_describe, may_state, stater_of
from crawler.catalog.rows import Row
from crawler.gathered import Gathered
from crawler.records import Listing, Outcome

_TABLES = tables.TABLES
SERVER = _TABLES["server"]
LISTING = _TABLES["listing"]
PACKAGE = _TABLES["package"]
REMOTE = _TABLES["remote"]
PROBE = _TABLES["probe"]
TOOL = _TABLES["tool"]
VERSION = _TABLES["tool_version"]
CHANGE = _TABLES["tool_change"]
KEY = _TABLES["server_key"]

_IN_LIMIT = 500


def write_batch(
    connection: sa.Connection, items: Iterable[Gathered], now: str, *, has_frontier: bool = False
) -> Tally:
    """Store a batch inside the caller's write transaction; `now` is UTC ISO text.

    With `has_frontier` the caller notes there when each server was tried, and an attempt that
    went exactly like the one before is no row of its own.
    """
    tally = Tally()
    for wave in _waves(items, tally):
        # merging may bring two listings of one server together, so waves are cut once more
        for part in _waves(merging.resolve(connection, wave, now), Tally()):
            _Wave(connection, part, now, tally).write(has_frontier=has_frontier)
    return tally


def _waves(items: Iterable[Gathered], tally: Tally) -> Iterator[list[Gathered]]:
    """Yield runs of one source without a server twice; count what could not be looked at."""
    wave: list[Gathered] = []
    names: set[str] = set()
    source: str | None = None
    for item in items:
        if item.skipped is not None:
            tally.skipped[item.skipped.outcome.value] += 1
        if item.server is None:
            continue
        stater = stater_of(item)
        if item.server.name in names or (source and stater and stater != source):
            yield wave
            wave, names = [], set()
        source = stater or source
        wave.append(item)
        names.add(item.server.name)
    if wave:
        yield wave


class _Wave:
    """One run of different servers; the steps fill lists of rows, `write` stores them."""

    def __init__(
        self, connection: sa.Connection, items: list[Gathered], now: str, tally: Tally
    ) -> None:
        self.connection = connection
        self.items = items
        self.now = now
        self.tally = tally
        self.ids: dict[str, int] = {}
        self.stored: dict[int, Row] = {}
        self.withdrawn: list[int] = []
        self.restored: list[int] = []

    def write(self, *, has_frontier: bool) -> None:
        """Store servers, then what hangs on them."""
        fresh = self._servers()
        self._note_withdrawals()
        self._listings(fresh)
        probes = [
            rows.probe_row(item.probe, self._id(item))
            for item in self.items
            if item.probe is not None
        ]
        if has_frontier:
            before = self._last_probes([row["server_id"] for row in probes])
            probes = [row for row in probes if before.get(row["server_id"]) != _told(row)]
        self._insert(PROBE, probes)
        self._tools(fresh)
        self._count()

    def _last_probes(self, server_ids: list[int]) -> dict[int, Row]:
        newest = sa.select(sa.func.max(PROBE.c.id)).group_by(PROBE.c.server_id)
        found: dict[int, Row] = {}
        for chunk in _chunks(server_ids):
            ids = newest.where(PROBE.c.server_id.in_(chunk))
            query = sa.select(PROBE).where(PROBE.c.id.in_(ids))
            for row in self.connection.execute(query).mappings():
                found[row["server_id"]] = _told(dict(row))
        return found

    def _id(self, item: Gathered) -> int:
        assert item.server is not None  # noqa: S101 - waves hold servers only
        return self.ids[rows.storable(item.server.name)]

    def _servers(self) -> set[str]:
        """Insert or refresh the servers; return the names of those that are new."""
        wanted = {rows.storable(item.server.name): item for item in self.items if item.server}
        for chunk in _chunks(list(wanted)):
            query = sa.select(SERVER).where(SERVER.c.name.in_(chunk))
            for found in self.connection.execute(query).mappings():
                self.ids[found["name"]] = found["id"]
                self.stored[found["id"]] = dict(found)
        fresh = [name for name in wanted if name not in self.ids]
        inserts: list[Row] = []
        updates: list[Row] = []
        next_id = self._next_id(SERVER)
        seen = {"first_seen": self.now, "last_seen": self.now}
        nothing = {"tools_origin": None, "tools_source": None, "tools_seen": None}
        for name, item in wanted.items():
            assert item.server is not None  # noqa: S101 - waves hold servers only
            stated = rows.server_row(item.server) | {"stated_by": stater_of(item)}
            if name in self.ids:
                old = self.stored[self.ids[name]]
                kept = {
                    key: value if value is not None else old[key] for key, value in stated.items()
                }
                if not may_describe(item, old):
                    kept = {key: old[key] for key in (*stated, "stated_by")}
                kept["name"] = old["name"]
                if (kept["status"] == _WITHDRAWN) != (old["status"] == _WITHDRAWN):
                    turned = self.restored if old["status"] == _WITHDRAWN else self.withdrawn
                    turned.append(old["id"])
                if not _is_noted_elsewhere(item) or any(old[key] != kept[key] for key in kept):
                    updates.append({"b_id": old["id"], "last_seen": self.now} | kept)
            else:
                self.ids[name] = next_id
                row: Row = {"id": next_id} | stated | nothing | seen
                inserts.append(row)
                self.stored[next_id] = row
                next_id += 1
        self._insert(SERVER, inserts)
        self._update(SERVER, updates)
        new = [(self._id(item), item) for name, item in wanted.items() if name in set(fresh)]
        self._insert(
            KEY, [row for n, item in new if item.server for row in merging.key_rows(item.server, n)]
        )
        return set(fresh)

    def _note_withdrawals(self) -> None:
        """Note that the tools of a withdrawn server went with it, or came back with it."""
        for chunk in _chunks(self.withdrawn):
            self.tally.removed += self._turn("removed", TOOL.c.current_version_id, chunk)
        for chunk in _chunks(self.restored):
            self._turn("new", sa.null(), chunk)

    def _turn(self, kind: str, previous: sa.ColumnElement[Any], servers: Sequence[int]) -> int:
        columns = ["tool_id", "kind", "at", "version_id", "previous_version_id"]
        present = sa.select(
            TOOL.c.id, sa.literal(kind), sa.literal(self.now), TOOL.c.current_version_id, previous
        ).where(TOOL.c.server_id.in_(servers), TOOL.c.removed_at.is_(None))
        statement = sa.insert(CHANGE).from_select(columns, present.order_by(TOOL.c.id))
        return self.connection.execute(statement).rowcount

    def _listings(self, fresh: set[str]) -> None:
        listed = [(self._id(item), item.listing) for item in self.items if item.listing]
        old_ids = [self.ids[name] for name in self.ids if name not in fresh]
        old: dict[tuple[int, str, str], Row] = {}
        for chunk in _chunks(old_ids):
            query = sa.select(LISTING).where(LISTING.c.server_id.in_(chunk))
            for found in self.connection.execute(query).mappings():
                old[found["server_id"], found["source"], found["place"]] = dict(found)
        inserts: list[Row] = []
        updates: list[Row] = []
        stale: list[int] = []
        restated: list[int] = []
        packages: list[Row] = []
        remotes: list[Row] = []
        next_id = self._next_id(LISTING)
        for server_id, listing in listed:
            row = self._listing_row(server_id, listing)
            known = old.get((server_id, row["source"], row["place"]))
            if known is None:
                inserts.append(row | {"id": next_id, "first_seen": self.now})
                listing_id, next_id = next_id, next_id + 1
            else:
                listing_id = known["id"]
                if known["statement"] == row["statement"] and known["url"] == row["url"]:
                    updates.append({"b_id": listing_id, "last_seen": self.now} | _same(known))
                    continue
                updates.append({"b_id": listing_id, "last_seen": self.now} | _same(row))
                stale.append(listing_id)
                restated.append(server_id)
            server = listing.server
            packages += [rows.package_row(p, server_id, listing_id) for p in server.packages]
            remotes += [rows.remote_row(r, server_id, listing_id) for r in server.remotes]
        self._insert(LISTING, inserts)
        self._update(LISTING, updates)
        for chunk in _chunks(stale):
            self.connection.execute(sa.delete(PACKAGE).where(PACKAGE.c.listing_id.in_(chunk)))
            self.connection.execute(sa.delete(REMOTE).where(REMOTE.c.listing_id.in_(chunk)))
        self._insert(PACKAGE, packages)
        self._insert(REMOTE, remotes)
        for chunk in _chunks(restated):
            merging.rekey(self.connection, chunk)

    def _listing_row(self, server_id: int, listing: Listing) -> Row:
        return {
            "server_id": server_id,
            "source": listing.provenance.source,
            "place": rows.storable(listing.provenance.place),
            "url": rows.storable(listing.provenance.url),
            "record_sha256": listing.provenance.sha256,
            "statement": rows.stated_in(listing),
            "last_seen": self.now,
        }

    def _tools(self, fresh: set[str]) -> None:
        """Compare the tools that were stated with those that are known."""
        told = [item for item in self.items if item.tools is not None]
        old_ids = [
            self._id(i) for i in told if i.server and rows.storable(i.server.name) not in fresh
        ]
        known = self._known_tools(old_ids)
        batch = ToolBatch(self.now, self._next_id(TOOL), self._next_id(VERSION), self.tally)
        seen: list[Row] = []
        for item in told:
            server_id = self._id(item)
            stored = self.stored[server_id]
            if not may_state(item, stored):
                self.tally.unchanged += len(item.tools or ())
                continue
            batch.compare(server_id, item, known.get(server_id, {}), stored["tools_seen"])
            seen.append(
                {
                    "b_id": server_id,
                    "tools_origin": item.origin.value,
                    "tools_source": rows.storable(item.source),
                    "tools_seen": self.now if item.is_complete else stored["tools_seen"],
                    "last_seen": self.now,
                }
            )
        self._reuse_versions(batch)
        self._insert(TOOL, batch.tools)
        self._insert(VERSION, batch.versions)
        self._insert(CHANGE, batch.changes)
        self._update(TOOL, batch.tool_updates)
        self._update(VERSION, batch.version_updates)
        self._update(SERVER, seen)

    def _known_tools(self, server_ids: list[int]) -> dict[int, dict[tuple[str, int], KnownTool]]:
        known: dict[int, dict[tuple[str, int], KnownTool]] = {}
        joined = sa.join(TOOL, VERSION, VERSION.c.id == TOOL.c.current_version_id)
        for chunk in _chunks(server_ids):
            query = (
                sa.select(
                    TOOL.c.server_id,
                    TOOL.c.name,
                    TOOL.c.ordinal,
                    TOOL.c.id,
                    VERSION.c.id,
                    VERSION.c.context_sha256,
                    VERSION.c.definition_sha256,
                    TOOL.c.removed_at.is_not(None),
                    TOOL.c.origin,
                )
                .select_from(joined)
                .where(TOOL.c.server_id.in_(chunk))
            )
            for (
                server_id,
                name,
                ordinal,
                tool_id,
                version_id,
                context,
                digest,
                gone,
                origin,
            ) in self.connection.execute(query):
                known.setdefault(server_id, {})[name, ordinal] = KnownTool(
                    tool_id, version_id, context, digest, bool(gone), origin
                )
        return known

    def _reuse_versions(self, batch: ToolBatch) -> None:
        """Let a definition that came back use its old version instead of a copy."""
        for drift in batch.drifted:
            row = drift.version
            query = sa.select(VERSION.c.id).where(
                VERSION.c.tool_id == row["tool_id"],
                VERSION.c.context_sha256 == row["context_sha256"],
            )
            version_id = self.connection.scalar(query)
            if version_id is None:
                version_id = row["id"]
                batch.versions.append(row)
            else:
                batch.version_updates.append({"b_id": version_id, "last_seen": self.now})
            batch.settle(drift, version_id)

    def _count(self) -> None:
        self.tally.servers += len(self.items)
        for item in self.items:
            outcome = item.probe.outcome if item.probe else None
            self.tally.tools += len(item.tools or ())
            if outcome is not None and outcome is not Outcome.LISTED:
                self.tally.skipped[outcome.value] += 1
            elif _counts_itself(item):
                self._count_server(item)

    def _count_server(self, item: Gathered) -> None:
        first_seen = self.stored[self._id(item)]["first_seen"]
        if first_seen == self.now:
            self.tally.new += 1
        else:
            self.tally.unchanged += 1

    def _next_id(self, table: sa.Table) -> int:
        return int(self.connection.scalar(sa.select(sa.func.max(table.c.id))) or 0) + 1

    def _insert(self, table: sa.Table, new: Sequence[Row]) -> None:
        """Insert rows that share their columns, by the driver's own executemany.

        SQLAlchemy's compiled insert takes as long to arrange the parameters as SQLite to store
        them; names come from our tables, values are bound.
        """
        if new:
            columns = tuple(new[0])
            names, marks = ", ".join(columns), ", ".join("?" * len(columns))
            sql = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608 - our own names
            values = list(map(itemgetter(*columns), new))
            self.connection.exec_driver_sql(sql, values)

    def _update(self, table: sa.Table, changes: Sequence[Row]) -> None:
        """Update rows by id; rows with the same set of columns share one executemany."""
        groups: dict[tuple[str, ...], list[Row]] = {}
        for change in changes:
            groups.setdefault(tuple(sorted(change)), []).append(change)
        for columns, group in groups.items():
            names = [name for name in columns if name != "b_id"]
            pairs = ", ".join(f"{name} = ?" for name in names)
            sql = f"UPDATE {table.name} SET {pairs} WHERE id = ?"  # noqa: S608 - our own names
            values = list(map(itemgetter(*names, "b_id"), group))
            self.connection.exec_driver_sql(sql, values)


_WITHDRAWN = "deleted"


def _counts_itself(item: Gathered) -> bool:
    """Say whether a server stands for the tools that nobody named; not where nobody is to ask for them."""
    is_silent = item.tools is None and item.skipped is None and not item.pending
    return is_silent and (item.server is None or item.server.left_alone is None)


def _is_noted_elsewhere(item: Gathered) -> bool:
    """Say whether that a server was met just now stands in its listing or with its tools."""
    return item.pending or (item.probe is not None and item.listing is None)


def _told(row: Row) -> Row:
    """Return what an attempt brought, without when and how fast."""
    return {k: v for k, v in row.items() if k not in {"id", "started_at", "seconds"}}


def _same(row: Row) -> Row:
    return {key: row[key] for key in ("url", "record_sha256", "statement")}


def _chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), _IN_LIMIT):
        yield values[start : start + _IN_LIMIT]
