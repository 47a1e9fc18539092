"""Reading the catalogue: streams of records, in a stable order, beside a writer at work."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from crawler.catalog import rows
from crawler.parse import load_json
from crawler.records import Listing, Probe, Server, Tool

_PAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogTool:
    """A tool with its place in the catalogue; `classification` is the newest, or None."""

    tool: Tool
    tool_id: int
    version_id: int
    ordinal: int
    origin: str
    first_seen: str
    last_seen: str
    removed_at: str | None = None
    classification: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogServer:
    """A server with everything that is known of it but its tools' definitions."""

    server_id: int
    server: Server
    listings: tuple[Listing, ...]
    last_probe: Probe | None
    tool_count: int
    first_seen: str
    last_seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogVersion:
    """One definition in a tool's history."""

    version_id: int
    tool: Tool
    first_seen: str
    last_seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happened to one tool: `new`, `changed` or `removed`."""

    kind: str
    server: str
    tool: str
    tool_id: int
    at: str
    definition_sha256: str
    previous_sha256: str | None = None


_TOOLS = """
SELECT s.name AS server, s.tools_seen, t.id, t.ordinal, t.origin, t.first_seen, t.last_seen, t.removed_at,
       v.id AS version_id, v.definition_sha256, v.definition, v.extra, v.server_text, {column}
FROM tool t
JOIN server s ON s.id = t.server_id
JOIN tool_version v ON v.id = t.current_version_id
{join}
WHERE {where}
ORDER BY t.server_id, t.id
"""
_VERDICTS = """
SELECT c.category, c.risk, COUNT(*) FROM tool t
JOIN server s ON s.id = t.server_id
JOIN tool_version v ON v.id = t.current_version_id
{join}
WHERE s.status <> 'deleted' AND t.removed_at IS NULL
GROUP BY c.category, c.risk
"""
_NEWEST = """
LEFT JOIN classification c ON c.id = (
  SELECT n.id FROM classification n WHERE n.tool_version_id = v.id
  AND (:ruleset IS NULL OR n.ruleset = :ruleset OR n.ruleset LIKE :ruleset || ' %')
  AND (:model IS NULL OR n.model = :model)
  ORDER BY n.id DESC LIMIT 1)
"""
_MISSING = """
AND NOT EXISTS (
  SELECT 1 FROM (SELECT n.ruleset, n.model FROM classification n WHERE n.tool_version_id = v.id
                 ORDER BY n.id DESC LIMIT 1) newest
  WHERE newest.ruleset = :ruleset AND newest.model = :model)
"""


def tools(connection: sa.Connection, filters: dict[str, Any]) -> Iterator[CatalogTool]:
    """Yield tools by server, in the order in which they were first stated."""
    where = "TRUE " if filters.pop("include_withdrawn") else f"{_OFFERED} "
    where += "" if filters.pop("include_removed") else "AND t.removed_at IS NULL "
    where += "".join(f"AND {_FILTERS[key]} " for key in _FILTERS if filters.get(key) is not None)
    text = _TOOLS.format(column="c.json_text", join=_NEWEST, where=where)
    return _stream_tools(connection, text, filters)


_OFFERED = "s.status <> 'deleted'"
_FILTERS = {
    "server": "s.name = :server",
    "servers": "s.name IN (SELECT value FROM json_each(:servers))",
    "tool": "t.name = :tool",
    "category": "c.category = :category",
    "risk": "c.risk = :risk",
}


def verdict_counts(connection: sa.Connection) -> list[tuple[str, str, int]]:
    """Return (category, risk, tools) of the newest verdicts of all present tools."""
    text = _VERDICTS.format(join=_NEWEST.replace("LEFT JOIN", "JOIN"))
    found = connection.execute(sa.text(text), {"ruleset": None, "model": None})
    return [(row[0], row[1], row[2]) for row in found]


def unclassified(connection: sa.Connection, ruleset: str, model: str) -> Iterator[CatalogTool]:
    """Yield present tools whose newest verdict on the current definition is of others, or missing."""
    where = f"{_OFFERED} AND t.removed_at IS NULL {_MISSING}"
    text = _TOOLS.format(column="NULL AS json_text", join="", where=where)
    return _stream_tools(connection, text, {"ruleset": ruleset, "model": model})


def _stream_tools(
    connection: sa.Connection, text: str, parameters: dict[str, Any]
) -> Iterator[CatalogTool]:
    streaming = connection.execution_options(yield_per=_PAGE)
    for row in streaming.execute(sa.text(text), parameters).mappings():
        seen = row["last_seen"]
        if row["removed_at"] is None:
            seen = max(seen, row["tools_seen"] or "")
        stored = row["json_text"]
        yield CatalogTool(
            tool=rows.tool_of(row["server"], row),
            tool_id=row["id"],
            version_id=row["version_id"],
            ordinal=row["ordinal"],
            origin=row["origin"],
            first_seen=row["first_seen"],
            last_seen=seen,
            removed_at=row["removed_at"],
            classification=None if stored is None else load_json(stored.encode()),
        )


def servers(connection: sa.Connection) -> Iterator[CatalogServer]:
    """Yield servers by name, a page at a time."""
    after = ""
    while True:
        query = "SELECT * FROM server WHERE name > :after ORDER BY name LIMIT :page"
        page = list(connection.execute(sa.text(query), {"after": after, "page": _PAGE}).mappings())
        if not page:
            return
        ids = {"low": after, "high": page[-1]["name"]}
        listings = _by_server(connection, "listing", "x.*", ids, _TRUSTED_FIRST)
        probes = _by_server(connection, "probe", _PROBE_COLUMNS, ids, _LAST_PROBE)
        counts = _by_server(connection, "tool", "COUNT(*) AS n, x.server_id", ids, _PRESENT)
        for row in page:
            own = listings.get(row["id"], [])
            attempts = probes.get(row["id"], [])
            yield CatalogServer(
                server_id=row["id"],
                server=rows.server_of(row, own[0]["statement"] if own else None),
                listings=tuple(rows.listing_of(listing) for listing in own),
                last_probe=_confirmed(attempts[0]) if attempts else None,
                tool_count=counts.get(row["id"], [{"n": 0}])[0]["n"],
                first_seen=row["first_seen"],
                last_seen=max([row["last_seen"], *(listing["last_seen"] for listing in own)]),
            )
        after = page[-1]["name"]


_TRUSTED_FIRST = (
    "ORDER BY (x.source || CASE x.place WHEN '' THEN '' ELSE '+' || x.place END = s.stated_by) "
    "DESC, x.id"
)
_PROBE_COLUMNS = (
    "x.*, (SELECT f.last_attempt FROM frontier f WHERE f.server_id = x.server_id) AS confirmed"
)
_LAST_PROBE = "AND x.id = (SELECT MAX(id) FROM probe y WHERE y.server_id = x.server_id)"
_PRESENT = "AND x.removed_at IS NULL GROUP BY x.server_id"


def _by_server(
    connection: sa.Connection, table: str, columns: str, ids: dict[str, Any], more: str = ""
) -> dict[int, list[Any]]:
    query = (
        f"SELECT {columns} FROM {table} x JOIN server s ON s.id = x.server_id "  # noqa: S608 - constants
        f"WHERE s.name > :low AND s.name <= :high {more}"
    )
    found: dict[int, list[Any]] = {}
    for row in connection.execute(sa.text(query), ids).mappings():
        found.setdefault(row["server_id"], []).append(row)
    return found


_VERSIONS = """
SELECT s.name AS server, v.* FROM server s
JOIN tool t ON t.server_id = s.id JOIN tool_version v ON v.tool_id = t.id
WHERE {column} = :key ORDER BY t.id, v.first_seen, v.id
"""


def history(connection: sa.Connection, tool_id: int) -> list[CatalogVersion]:
    """Return every definition that a tool has had, oldest first."""
    query = sa.text(_VERSIONS.format(column="t.id"))
    return [_version(row) for row in connection.execute(query, {"key": tool_id}).mappings()]


def _confirmed(row: sa.RowMapping) -> Probe:
    """Return the last attempt with the time at which it was last repeated with the same end."""
    probe = rows.probe_of(row)
    return replace(probe, started_at=max(probe.started_at, row["confirmed"] or ""))


def histories(connection: sa.Connection, server: str) -> dict[int, list[CatalogVersion]]:
    """Return every definition of every tool of a server, oldest first, by tool id."""
    found: dict[int, list[CatalogVersion]] = {}
    query = sa.text(_VERSIONS.format(column="s.name"))
    for row in connection.execute(query, {"key": server}).mappings():
        found.setdefault(row["tool_id"], []).append(_version(row))
    return found


def _version(row: sa.RowMapping) -> CatalogVersion:
    return CatalogVersion(
        version_id=row["id"],
        tool=rows.tool_of(row["server"], row),
        first_seen=row["first_seen"],
        last_seen=row["last_seen"],
    )


_STATES = (
    """SELECT name, id, title, description, version, repository_url, website_url, status, stated_by,
    tools_origin, tools_source, substr(tools_seen, 1, 10), first_seen, substr(last_seen, 1, 10)
    FROM server""",
    """SELECT s.name, x.id, x.source, x.place, x.url, x.record_sha256, x.statement, x.first_seen,
    substr(x.last_seen, 1, 10)
    FROM listing x JOIN server s ON s.id = x.server_id ORDER BY x.id""",
    """SELECT s.name, x.id FROM probe x JOIN server s ON s.id = x.server_id
    WHERE x.id IN (SELECT MAX(id) FROM probe GROUP BY server_id) ORDER BY x.id""",
    """SELECT s.name, substr(f.last_attempt, 1, 10) FROM frontier f JOIN server s ON s.id = f.server_id
    ORDER BY f.server_id""",
    """SELECT s.name, t.id, t.current_version_id, t.origin, substr(t.last_seen, 1, 10), t.removed_at,
    c.json_text
    FROM tool t JOIN server s ON s.id = t.server_id
    LEFT JOIN classification c ON c.id = (
      SELECT MAX(n.id) FROM classification n WHERE n.tool_version_id = t.current_version_id)
    ORDER BY t.server_id, t.id""",
)


def fingerprints(connection: sa.Connection) -> dict[str, str]:
    """Return a digest per server of all that its pages show; equal means nothing to rebuild.

    Times count by their day, so that looking again on the same day and finding nothing new is no change.
    """
    states: dict[str, Any] = {}
    streaming = connection.execution_options(yield_per=_PAGE)
    for query in _STATES:
        for name, *values in streaming.exec_driver_sql(query):
            if name not in states:
                states[name] = hashlib.sha256()
            states[name].update(repr(values).encode())
    return {name: state.hexdigest() for name, state in states.items()}


_CHANGES = """
SELECT CASE WHEN p.id IS NULL THEN 'new' ELSE 'changed' END AS kind, s.name AS server,
       t.name AS tool, t.id AS tool_id, v.first_seen AS at, v.definition_sha256,
       p.definition_sha256 AS previous_sha256
FROM tool_version v
JOIN tool t ON t.id = v.tool_id
JOIN server s ON s.id = t.server_id
LEFT JOIN tool_version p ON p.id = (
  SELECT MAX(o.id) FROM tool_version o WHERE o.tool_id = v.tool_id AND o.id < v.id)
WHERE v.first_seen >= :since AND (p.id IS NULL OR p.definition_sha256 <> v.definition_sha256)
UNION ALL
SELECT 'removed', s.name, t.name, t.id, t.removed_at, v.definition_sha256, v.definition_sha256
FROM tool t
JOIN server s ON s.id = t.server_id
JOIN tool_version v ON v.id = t.current_version_id
WHERE t.removed_at >= :since
ORDER BY 5, 2, 3, 4
"""


def changes(connection: sa.Connection, since: str) -> Iterator[Change]:
    """Yield what was added, changed or removed at or after a time (UTC ISO text), by time."""
    streaming = connection.execution_options(yield_per=_PAGE)
    for row in streaming.execute(sa.text(_CHANGES), {"since": since}).mappings():
        yield Change(**row)


def counts(connection: sa.Connection) -> dict[str, int]:
    """Return how many servers, packages, remotes, tools and verdicts the catalogue has."""
    queries = {
        "servers": "server WHERE status <> 'deleted'",
        "deleted_servers": "server WHERE status = 'deleted'",
        "listings": "listing",
        "packages": "package",
        "remotes": "remote",
        "probes": "probe",
        "tools": "tool WHERE removed_at IS NULL",
        "removed_tools": "tool WHERE removed_at IS NOT NULL",
        "tool_versions": "tool_version",
        "classifications": "classification",
    }
    return {
        name: int(connection.scalar(sa.text(f"SELECT COUNT(*) FROM {rest}")) or 0)  # noqa: S608 - constants
        for name, rest in queries.items()
    }
