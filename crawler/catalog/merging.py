"""One server, many listings: a name that another source uses leads to the server it means.

A merge is a row in `alias` with its key as the reason; marking the row `apart` undoes it, and the
next crawl gives the listing a server of its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import sqlalchemy as sa

from crawler.catalog import rows, tables
from crawler.catalog.rows import Row
from crawler.gathered import Gathered
from crawler.identify import APART, Key, is_registry_name, keys_of, merging_keys
from crawler.records import Package, Remote, Server, ServerName

_KEY = tables.TABLES["server_key"]
_PACKAGE = tables.TABLES["package"]
_REMOTE = tables.TABLES["remote"]
_ALIAS = tables.TABLES["alias"]
_SERVER = tables.TABLES["server"]
_LISTING = tables.TABLES["listing"]


def resolve(connection: sa.Connection, items: Sequence[Gathered], now: str) -> list[Gathered]:
    """Return the items under the names of the servers that they mean; new aliases are stored."""
    named = [item for item in items if item.server is not None]
    names = [rows.storable(item.server.name) for item in named if item.server]
    if not names:
        return list(items)
    known = set(connection.scalars(sa.select(_SERVER.c.name).where(_SERVER.c.name.in_(names))))
    aliases = _aliases(connection, names)
    _match(connection, [item for item in named if _is_open(item, known, aliases)], aliases, now)
    return [_renamed(item, aliases) for item in items]


def _aliases(connection: sa.Connection, names: list[str]) -> dict[str, str | None]:
    """Return alias -> server name; None for one that was taken apart."""
    query = (
        sa.select(_ALIAS.c.name, _SERVER.c.name.label("server"), _ALIAS.c.apart)
        .join(_SERVER, _SERVER.c.id == _ALIAS.c.server_id)
        .where(_ALIAS.c.name.in_(names))
    )
    return {row.name: None if row.apart else row.server for row in connection.execute(query)}


def _is_open(item: Gathered, known: set[str], aliases: dict[str, str | None]) -> bool:
    """Say whether an item is a listing of a server that nobody has named yet."""
    if item.listing is None or item.server is None or item.listing.provenance.source in APART:
        return False
    name = rows.storable(item.server.name)
    return name not in known and name not in aliases


def _match(
    connection: sa.Connection,
    items: list[Gathered],
    aliases: dict[str, str | None],
    now: str,
) -> None:
    """Look the keys of new listings up and remember those that lead to one server."""
    wanted = {item.server.name: merging_keys(item.server) for item in items if item.server}
    holders = _holders(connection, {key for keys in wanted.values() for key in keys})
    added: list[Row] = []
    taken: set[tuple[str, str]] = set()
    for item in items:
        if item.server is None or item.listing is None:
            continue
        source, alias = item.listing.provenance.source, rows.storable(item.server.name)
        for key in wanted[item.server.name]:
            holder = _only(holders.get(key, []), source, alias)
            if holder is None or (holder[1], source) in taken:
                continue
            taken.add((holder[1], source))
            aliases[alias] = holder[1]
            added.append(
                {
                    "name": alias,
                    "server_id": holder[0],
                    "source": source,
                    "kind": key.kind,
                    "value": rows.storable(key.value),
                    "since": now,
                    "apart": 0,
                }
            )
            break
    if added:
        connection.execute(sa.insert(_ALIAS), added)


_Holder = tuple[int, str, frozenset[str]]


def _only(holders: list[_Holder], source: str, name: str) -> _Holder | None:
    """Return the one server that a key leads to, unless its own source or registry denies it."""
    if len(holders) != 1:
        return None
    _, other, sources = holders[0]
    both_vouched = is_registry_name(other) and is_registry_name(name)
    return None if source in sources or both_vouched else holders[0]


def _holders(connection: sa.Connection, keys: Iterable[Key]) -> dict[Key, list[_Holder]]:
    """Return key -> servers that have it, each with the sources that list it already."""
    values = [rows.storable(key.value) for key in keys]
    if not values:
        return {}
    sources = sa.func.group_concat(_LISTING.c.source, "\n").label("sources")
    query = (
        sa.select(_KEY.c.kind, _KEY.c.value, _SERVER.c.id, _SERVER.c.name, sources)
        .join(_SERVER, _SERVER.c.id == _KEY.c.server_id)
        .join(_LISTING, _LISTING.c.server_id == _SERVER.c.id)
        .where(_KEY.c.value.in_(values))
        .group_by(_KEY.c.kind, _KEY.c.value, _SERVER.c.id)
    )
    found: dict[Key, list[_Holder]] = {}
    for row in connection.execute(query):
        listed = frozenset(str(row.sources).split("\n"))
        found.setdefault(Key(row.kind, row.value), []).append((row.id, row.name, listed))
    return found


def _renamed(item: Gathered, aliases: dict[str, str | None]) -> Gathered:
    if item.server is None:
        return item
    name = aliases.get(rows.storable(item.server.name))
    return (
        item if name is None else replace(item, server=replace(item.server, name=ServerName(name)))
    )


def key_rows(server: Server, server_id: int) -> list[Row]:
    """Return the rows by which later listings find this server."""
    return [
        {"kind": key.kind, "value": rows.storable(key.value), "server_id": server_id}
        for key in keys_of(server)
    ]


def rekey(connection: sa.Connection, server_ids: Sequence[int]) -> None:
    """Have servers found by the packages and addresses that their listings state now.

    For those with a listing that says something else than before. A key that nothing states any
    more would give the server a stranger's listing: of the package `weather` to one that a client
    config took from the folder `./weather`.
    """
    found: dict[int, Server] = {
        number: Server(name=ServerName(""), packages=(), remotes=()) for number in server_ids
    }
    of_these = _PACKAGE.c.server_id.in_(server_ids)
    for row in connection.execute(sa.select(_PACKAGE).where(of_these)):
        package = Package(
            registry_type=row.registry_type,
            identifier=row.identifier,
            registry_base_url=row.registry_base_url,
            command=row.command,
        )
        server = found[row.server_id]
        found[row.server_id] = replace(server, packages=(*server.packages, package))
    for row in connection.execute(sa.select(_REMOTE).where(_REMOTE.c.server_id.in_(server_ids))):
        server = found[row.server_id]
        remotes = (*server.remotes, Remote(transport=row.transport, url=row.url))
        found[row.server_id] = replace(server, remotes=remotes)
    stale = _KEY.c.server_id.in_(server_ids) & _KEY.c.kind.in_(["package", "remote"])
    connection.execute(sa.delete(_KEY).where(stale))
    stated = [row for number, server in found.items() for row in key_rows(server, number)]
    if stated:
        connection.execute(sa.insert(_KEY), stated)
