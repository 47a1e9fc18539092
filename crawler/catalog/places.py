"""Names that a user gives, told apart by the file in which he gives them.

Two files may each have a server called `files`, and mean two programs. The first keeps the name;
one that says something else gets its file's name behind it, and keeps it from then on.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from crawler.catalog import rows, tables
from crawler.gathered import Gathered
from crawler.local import names_by_place
from crawler.records import ServerName

SOURCES = frozenset({"file", "client-config", "clients"})
"""The sources whose names mean nothing beyond the file in which they stand."""

_SERVER = tables.TABLES["server"]
_LISTING = tables.TABLES["listing"]
_TOOL = tables.TABLES["tool"]
_VERSION = tables.TABLES["tool_version"]
_NOWHERE = ""
"""The place of what was stored before places were: whoever comes first takes it over."""
_IN_LIMIT = 500


@dataclass(frozen=True, slots=True)
class _Stated:
    """What a place says of a server: its packages and remotes, and its tools if it names any."""

    server: str
    tools: frozenset[str] | None


_Known = dict[tuple[str, str], dict[str, _Stated]]
"""(source, name) -> place -> what it says; without an entry nobody has looked yet."""


def told_apart(connection: sa.Connection, items: Iterable[Gathered]) -> list[Gathered]:
    """Return the items, those under a name of their own whose name means another server."""
    items = list(items)
    names: dict[str, set[str]] = defaultdict(set)
    for item in items:
        if item.server is not None and item.listing is not None and _place(item):
            names[item.listing.provenance.source].add(item.server.name)
    if not names:
        return items
    batch: _Known = {}
    for source, wanted in names.items():
        batch |= _known(connection, source, sorted(wanted))
    return [_named(connection, item, batch) if _place(item) else item for item in items]


def _place(item: Gathered) -> str:
    """Return the file that a name belongs to, or nothing where the name is anybody's."""
    listing = item.listing
    if item.server is None or listing is None or listing.provenance.source not in SOURCES:
        return ""
    return listing.provenance.place


def _named(connection: sa.Connection, item: Gathered, batch: _Known) -> Gathered:
    assert item.server is not None  # noqa: S101 - `_place` has looked
    assert item.listing is not None  # noqa: S101 - `_place` has looked
    source, place = item.listing.provenance.source, _place(item)
    stated = _statement(item)
    for name in names_by_place(item.server.name, place):
        if (source, name) not in batch:
            batch |= _known(connection, source, [name])
        known = batch[source, name]
        if known.pop(_NOWHERE, None):
            _forget(connection, source, name, _NOWHERE)
        is_first = place == next(iter(known), place)
        if is_first or all(_agree(stated, one) for at, one in known.items() if at != place):
            known[place] = stated
            break
        if place in known:  # it said the same once
            del known[place]
            _forget(connection, source, name, place)
    return replace(item, server=replace(item.server, name=ServerName(name)))


def _statement(item: Gathered) -> _Stated:
    assert item.listing is not None  # noqa: S101 - `_place` has looked
    tools = item.tools
    digests = None if tools is None else frozenset(tool.definition_sha256 for tool in tools)
    return _Stated(rows.stated_in(item.listing), digests)


def _agree(one: _Stated, other: _Stated) -> bool:
    has_both = one.tools is not None and other.tools is not None
    return one.server == other.server and (not has_both or one.tools == other.tools)


def _known(connection: sa.Connection, source: str, names: Sequence[str]) -> _Known:
    """Return what each place of a source says of servers of these names, oldest first."""
    found: _Known = {(source, name): {} for name in names}
    given = {rows.storable(name): name for name in names}
    for start in range(0, len(names), _IN_LIMIT):
        wanted = [rows.storable(name) for name in names[start : start + _IN_LIMIT]]
        query = (
            sa.select(_LISTING.c.place, _LISTING.c.statement, _SERVER.c.id, _SERVER.c.name)
            .join(_SERVER, _SERVER.c.id == _LISTING.c.server_id)
            .where(_SERVER.c.name.in_(wanted), _LISTING.c.source == source)
            .order_by(_LISTING.c.id)
        )
        listed = list(connection.execute(query))
        tools = _tools(connection, {row.id for row in listed}) if source == "file" else {}
        for row in listed:
            stated = _Stated(row.statement, tools.get(row.id))
            found[source, given[row.name]][row.place] = stated
    return found


def _tools(connection: sa.Connection, ids: Collection[int]) -> dict[int, frozenset[str]]:
    """Return the digests of the tools that each of these servers has."""
    query = (
        sa.select(_TOOL.c.server_id, _VERSION.c.definition_sha256)
        .join(_VERSION, _TOOL.c.current_version_id == _VERSION.c.id)
        .where(_TOOL.c.server_id.in_(ids), _TOOL.c.removed_at.is_(None))
    )
    found: dict[int, set[str]] = {server_id: set() for server_id in ids}
    for row in connection.execute(query):
        found[row.server_id].add(row.definition_sha256)
    return {server_id: frozenset(digests) for server_id, digests in found.items()}


def _forget(connection: sa.Connection, source: str, name: str, place: str) -> None:
    """Drop what a place said of a server that it no longer means."""
    of_server = sa.select(_SERVER.c.id).where(_SERVER.c.name == rows.storable(name))
    query = sa.select(_LISTING.c.id).where(
        _LISTING.c.server_id.in_(of_server), _LISTING.c.source == source, _LISTING.c.place == place
    )
    ids = list(connection.scalars(query))
    for table in ("package", "remote"):
        own = tables.TABLES[table]
        connection.execute(sa.delete(own).where(own.c.listing_id.in_(ids)))
    connection.execute(sa.delete(_LISTING).where(_LISTING.c.id.in_(ids)))
