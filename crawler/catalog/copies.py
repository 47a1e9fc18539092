"""Servers whose lists of tools are nearly the same: forks, copies and listings under two names.

Nothing is merged for it: equal tools say who took from whom as little as they say whose they are.
Two lists are copies where most of their definitions are equal to the letter, or where all names
are, so that a fork with rewritten descriptions is found too.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa

LEAST_TOOLS = 2
"""Tools that a list must have: a single `search` is nobody's."""
LEAST_NAMES = 4
"""Tools from which on equal names alone tell of a copy."""
SHARE = 0.7
"""Equal definitions among all names of two lists, from which on they are copies."""
_COMPARED = 8
"""Servers with a definition in common that one is compared with; a thousand copies hang together."""
_PAGE = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """A group of servers by name, oldest first; `common` tools are equal in each of them."""

    servers: tuple[str, ...]
    tools: int  # of the largest list
    common: int


@dataclass(frozen=True, slots=True)
class _List:
    server_id: int
    names: frozenset[str]
    definitions: frozenset[int]


def copies(connection: sa.Connection) -> list[Copies]:
    """Return every group of two and more, the largest first."""
    lists = {one.server_id: one for one in _lists(connection)}
    groups: dict[int, list[_List]] = defaultdict(list)
    for server_id, root in _joined(lists).items():
        groups[root].append(lists[server_id])
    found = [group for group in groups.values() if len(group) > 1]
    names = _names(connection, {one.server_id for group in found for one in group})
    made = [
        Copies(
            servers=tuple(names[one.server_id] for one in group),
            tools=max(len(one.names) for one in group),
            common=len(frozenset.intersection(*(one.definitions for one in group))),
        )
        for group in found
    ]
    return sorted(made, key=lambda one: (-len(one.servers), one.servers))


def _lists(connection: sa.Connection) -> Iterator[_List]:
    """Yield the present tools of each server, definitions by the first 64 bits of their digest."""
    query = sa.text(
        "SELECT t.server_id, t.name, v.definition_sha256 FROM tool t "
        "JOIN tool_version v ON v.id = t.current_version_id JOIN server s ON s.id = t.server_id "
        "WHERE t.removed_at IS NULL AND s.status <> 'deleted' ORDER BY t.server_id"
    )
    server_id, names, digests = 0, set[str](), set[int]()
    for row in connection.execution_options(yield_per=_PAGE).execute(query):
        if row.server_id != server_id:
            if len(names) >= LEAST_TOOLS:
                yield _List(server_id, frozenset(names), frozenset(digests))
            server_id, names, digests = row.server_id, set(), set()
        names.add(row.name.casefold())
        digests.add(int(row.definition_sha256[:16], 16))
    if len(names) >= LEAST_TOOLS:
        yield _List(server_id, frozenset(names), frozenset(digests))


def _joined(lists: dict[int, _List]) -> dict[int, int]:
    """Return server -> the first server of its group."""
    root = {server_id: server_id for server_id in lists}

    def top(server_id: int) -> int:
        while root[server_id] != server_id:
            root[server_id] = root[root[server_id]]
            server_id = root[server_id]
        return server_id

    for one, other in _candidates(lists.values()):
        first, second = sorted((top(one.server_id), top(other.server_id)))
        if first != second and _are_copies(one, other):
            root[second] = first
    return {server_id: top(server_id) for server_id in lists}


def _candidates(lists: Iterable[_List]) -> Iterator[tuple[_List, _List]]:
    """Yield pairs that have a definition, or all names, in common, each once: comparing is dear."""
    holders: dict[int | frozenset[str], list[_List]] = defaultdict(list)
    for one in lists:
        keys: tuple[int | frozenset[str], ...] = (*one.definitions, one.names)
        others: dict[int, _List] = {}
        for key in keys:
            known = holders[key]
            others.update((other.server_id, other) for other in known)
            if len(known) < _COMPARED:
                known.append(one)
        for other in others.values():
            yield other, one


def _are_copies(one: _List, other: _List) -> bool:
    if one.names == other.names and len(one.names) >= LEAST_NAMES:
        return True
    common = len(one.definitions & other.definitions)
    return common >= LEAST_TOOLS and common >= SHARE * len(one.names | other.names)


def _names(connection: sa.Connection, ids: set[int]) -> dict[int, str]:
    query = sa.text("SELECT id, name FROM server").execution_options(yield_per=_PAGE)
    return {row.id: row.name for row in connection.execute(query) if row.id in ids}
