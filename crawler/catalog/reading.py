"""Reading the catalogue: streams of records, in a stable order, beside a writer at work."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from crawler.catalog import rows
from crawler.catalog.partly import BROUGHT_A_LIST, INCOMPLETE
from crawler.catalog.stored import CatalogServer, CatalogTool, CatalogVersion, Change, Due
from crawler.parse import load_json
from crawler.records import Probe

_PAGE = 1000


_TOOLS = """
SELECT s.name AS server, s.tools_seen, t.id, t.ordinal, t.origin, t.first_seen, t.last_seen, t.removed_at,
       v.id AS version_id, v.definition_sha256, v.definition, v.extra, v.server_text, c.json_text
FROM tool t
JOIN server s ON s.id = t.server_id
JOIN tool_version v ON v.id = t.current_version_id
{join}
WHERE {where}
ORDER BY t.server_id, t.id
"""
_VERDICTS = """
SELECT {columns}, COUNT(*) FROM tool t
JOIN server s ON s.id = t.server_id
JOIN tool_version v ON v.id = t.current_version_id
{join}
WHERE s.status <> 'deleted' AND t.removed_at IS NULL
GROUP BY {columns}
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
_DUE = f"""
SELECT v.id, s.name, v.definition, v.definition_sha256, v.server_text, v.extra
FROM tool t
JOIN server s ON s.id = t.server_id
JOIN tool_version v ON v.id = t.current_version_id
WHERE s.status <> 'deleted' AND t.removed_at IS NULL {_MISSING}
ORDER BY t.server_id, t.id
"""  # noqa: S608 - constants


def tools(connection: sa.Connection, filters: dict[str, Any]) -> Iterator[CatalogTool]:
    """Yield tools by server, in the order in which they were first stated."""
    where = "TRUE " if filters.pop("include_withdrawn") else f"{_OFFERED} "
    where += "" if filters.pop("include_removed") else "AND t.removed_at IS NULL "
    where += "".join(f"AND {_FILTERS[key]} " for key in _FILTERS if filters.get(key) is not None)
    text = _TOOLS.format(join=_NEWEST, where=where)
    streaming = connection.execution_options(yield_per=_PAGE)
    for row in streaming.execute(sa.text(text), filters).mappings():
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


_SERVER = "JOIN server s ON s.id = t.server_id"
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
    return _counted(connection, "c.category, c.risk")


def judges(connection: sa.Connection) -> list[tuple[str, str, int]]:
    """Return (ruleset, model, tools) of the newest verdicts of all present tools."""
    return _counted(connection, "c.ruleset, c.model")


def _counted(connection: sa.Connection, columns: str) -> list[tuple[str, str, int]]:
    text = _VERDICTS.format(columns=columns, join=_NEWEST.replace("LEFT JOIN", "JOIN"))
    found = connection.execute(sa.text(text), {"ruleset": None, "model": None})
    return [(row[0], row[1], row[2]) for row in found]


def unclassified(connection: sa.Connection, ruleset: str, model: str) -> Iterator[Due]:
    """Yield present tools whose newest verdict on the current definition is of others, or missing."""
    streaming = connection.execution_options(yield_per=_PAGE)
    found = streaming.execute(sa.text(_DUE), {"ruleset": ruleset, "model": model})
    return (Due(*row) for row in found)


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
        kept = _by_server(connection, "probe", "x.*", ids, _KEPT)
        counts = _by_server(connection, "tool", "COUNT(*) AS n, x.server_id", ids, _PRESENT)
        for row in page:
            own = listings.get(row["id"], [])
            attempts = probes.get(row["id"], [])
            listed = tuple(rows.listing_of(listing) for listing in own)
            source = row["tools_source"]
            yield CatalogServer(
                server_id=row["id"],
                server=rows.server_of(row, own[0]["statement"] if own else None),
                listings=listed,
                stated=next((one for one in listed if one.provenance.label == source), None),
                last_probe=_confirmed(attempts[0]) if attempts else None,
                kept=rows.probe_of(kept[row["id"]][0]) if row["id"] in kept else None,
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
_KEPT = f"""
AND (x.problems <> '[]' OR x.truncated)
AND x.id = (SELECT MAX(id) FROM probe y WHERE y.server_id = x.server_id AND {BROUGHT_A_LIST})
AND x.id < (SELECT MAX(id) FROM probe y WHERE y.server_id = x.server_id)
"""  # noqa: S608 - constants
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
SELECT s.name AS server, t.current_version_id, v.* FROM server s
JOIN tool t ON t.server_id = s.id JOIN tool_version v ON v.tool_id = t.id
WHERE {column} = :key ORDER BY t.id, v.id
"""
_TURNS = """
SELECT c.tool_id, c.version_id, c.at FROM server s
JOIN tool t ON t.server_id = s.id JOIN tool_change c ON c.tool_id = t.id
WHERE {column} = :key AND c.kind = 'changed' ORDER BY c.id
"""


def history(connection: sa.Connection, tool_id: int) -> list[CatalogVersion]:
    """Return the definitions of a tool as they were in force, oldest first; one may come again."""
    return _histories(connection, "t.id", tool_id).get(tool_id, [])


def _confirmed(row: sa.RowMapping) -> Probe:
    """Return the last attempt with the time at which it was last repeated with the same end."""
    probe = rows.probe_of(row)
    return replace(probe, started_at=max(probe.started_at, row["confirmed"] or ""))


def histories(connection: sa.Connection, server: str) -> dict[int, list[CatalogVersion]]:
    """Return the same for every tool of a server, by tool id."""
    return _histories(connection, "s.name", server)


def _histories(
    connection: sa.Connection, column: str, key: int | str
) -> dict[int, list[CatalogVersion]]:
    stored: dict[int, dict[int, CatalogVersion]] = {}
    current: dict[int, int] = {}
    query = sa.text(_VERSIONS.format(column=column))
    for row in connection.execute(query, {"key": key}).mappings():
        stored.setdefault(row["tool_id"], {})[row["id"]] = _version(row)
        current[row["tool_id"]] = row["current_version_id"]
    turns = {tool_id: [next(iter(known.values()))] for tool_id, known in stored.items()}
    for tool_id, version_id, at in connection.execute(
        sa.text(_TURNS.format(column=column)), {"key": key}
    ):
        turns[tool_id][-1] = replace(turns[tool_id][-1], last_seen=at)
        turns[tool_id].append(replace(stored[tool_id][version_id], first_seen=at))
    for tool_id, found in turns.items():
        newest = stored[tool_id][current[tool_id]]  # it has what is known of the server now
        found[-1] = replace(newest, first_seen=found[-1].first_seen)
    return turns


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
    """SELECT s.name, MAX(c.id) FROM tool_change c JOIN tool t ON t.id = c.tool_id
    JOIN server s ON s.id = t.server_id GROUP BY s.id ORDER BY s.id""",
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


_FIRST_SEEN = """
SELECT 'new' AS kind, s.name AS server, t.name AS tool, t.id AS tool_id, t.first_seen AS at,
       v.definition_sha256, NULL AS previous_sha256, 0 AS change_id
FROM tool t
JOIN server s ON s.id = t.server_id
JOIN tool_version v ON v.id = (SELECT MIN(o.id) FROM tool_version o WHERE o.tool_id = t.id)
WHERE t.first_seen >= :since {where}
UNION ALL
"""
_CHANGES = """
SELECT c.kind, s.name AS server, t.name AS tool, t.id AS tool_id, c.at,
       v.definition_sha256, p.definition_sha256 AS previous_sha256, c.id AS change_id
FROM tool_change c
JOIN tool t ON t.id = c.tool_id
JOIN server s ON s.id = t.server_id
JOIN tool_version v ON v.id = c.version_id
LEFT JOIN tool_version p ON p.id = c.previous_version_id
WHERE c.at >= :since {where}
ORDER BY 5, 2, 3, 4, 8
"""


def changes(
    connection: sa.Connection, since: str, server: str | None = None, *, first: bool = True
) -> Iterator[Change]:
    """Yield what was added, changed or removed at or after a time (UTC ISO text), by time.

    Without `first`, not that a tool was first seen: in a new catalogue that is all there is.
    """
    streaming = connection.execution_options(yield_per=_PAGE)
    where = "" if server is None else "AND s.name = :server"
    query = ((_FIRST_SEEN if first else "") + _CHANGES).format(where=where)
    for row in streaming.execute(sa.text(query), {"since": since, "server": server}).mappings():
        yield Change(**{key: value for key, value in row.items() if key != "change_id"})


_WITHDRAWALS = """
SELECT s.name, MAX(c.at) FROM server s
JOIN tool t ON t.server_id = s.id JOIN tool_change c ON c.tool_id = t.id
WHERE s.status = 'deleted' AND t.removed_at IS NULL AND c.kind = 'removed' GROUP BY s.id
"""


def withdrawals(connection: sa.Connection) -> dict[str, str]:
    """Return the withdrawn servers that had tools, each with when that was noticed."""
    return {row[0]: row[1] for row in connection.exec_driver_sql(_WITHDRAWALS)}


def counts(connection: sa.Connection) -> dict[str, int]:
    """Return how many servers, packages, remotes, tools and verdicts the catalogue has."""
    queries = {
        "servers": "server WHERE status <> 'deleted'",
        "deleted_servers": "server WHERE status = 'deleted'",
        "listings": "listing",
        "packages": "package",
        "remotes": "remote",
        "probes": "probe",
        "unread_servers": f"(SELECT DISTINCT name FROM ({INCOMPLETE}) WHERE problems <> '[]')",  # noqa: S608 - a constant
        "cut_servers": f"(SELECT DISTINCT name FROM ({INCOMPLETE}) WHERE truncated AND broke_off IS NULL)",  # noqa: S608 - a constant
        "broken_off_servers": f"(SELECT DISTINCT name FROM ({INCOMPLETE}) WHERE broke_off IS NOT NULL)",  # noqa: S608 - a constant
        "tools": f"tool t {_SERVER} WHERE t.removed_at IS NULL AND {_OFFERED}",
        "removed_tools": f"tool t {_SERVER} WHERE t.removed_at IS NOT NULL OR NOT ({_OFFERED})",
        "tool_versions": "tool_version",
        "classifications": "classification",
    }
    return {
        name: int(connection.scalar(sa.text(f"SELECT COUNT(*) FROM {rest}")) or 0)  # noqa: S608 - constants
        for name, rest in queries.items()
    }
