"""Complete walks of registries: since when the next need only ask for what has changed.

A walk that asks for changes names few servers, so those that the registry named before are taken
into the crawl from the catalogue.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from crawler.catalog import frontier, rows
from crawler.gathered import Stop, Walk
from crawler.records import Server, ServerName

FULL_AFTER = timedelta(days=7)
"""Age at which a whole walk is due again, whatever was asked for since."""

_OVERLAP = timedelta(hours=1)
"""What two walks share, so that clocks that differ lose nothing."""

_CHUNK = 1000


def since(connection: sa.Connection, source: str, url: str, now: str) -> str | None:
    """Return the time (RFC 3339) to ask for changes since, or None where a whole walk is due."""
    query = "SELECT walked_at, full_at FROM walk WHERE source = :source AND url = :url"
    row = connection.execute(sa.text(query), {"source": source, "url": url}).first()
    if row is None:
        return None
    today = datetime.fromisoformat(now)
    if not timedelta(0) <= today - datetime.fromisoformat(row.full_at) < FULL_AFTER:
        return None
    asked = datetime.fromisoformat(row.walked_at).astimezone(UTC) - _OVERLAP
    return asked.strftime("%Y-%m-%dT%H:%M:%SZ")


def record(connection: sa.Connection, walk: Walk) -> None:
    """Remember when a complete walk began, unless that is hardly newer than what is known."""
    before = datetime.fromisoformat(walk.started_at) - _OVERLAP
    connection.execute(
        sa.text(
            "INSERT INTO walk (source, url, walked_at, full_at) VALUES (:source, :url, :at, :at) "
            "ON CONFLICT (source, url) DO UPDATE SET walked_at = excluded.walked_at, "
            "full_at = CASE WHEN :full THEN excluded.full_at ELSE full_at END "
            "WHERE walked_at < :before OR walked_at > :at"  # ahead: of a clock that was wrong
        ),
        {
            "source": walk.source,
            "url": walk.url,
            "at": walk.started_at,
            "full": walk.is_full,
            "before": before.isoformat(timespec="seconds"),
        },
    )


def stopped_after(connection: sa.Connection, source: str, place: str) -> str | None:
    """Return the entry that the last walk of a slow source read last, or None before the first."""
    query = "SELECT after FROM stop WHERE source = :source AND place = :place"
    found = connection.scalar(sa.text(query), {"source": source, "place": rows.storable(place)})
    return None if found is None else str(found)


def record_stops(connection: sa.Connection, stops: Iterable[Stop]) -> None:
    """Remember how far walks came."""
    sql = sa.text(
        "INSERT INTO stop (source, place, after) VALUES (:source, :place, :after) "
        "ON CONFLICT (source, place) DO UPDATE SET after = excluded.after"
    )
    given = [
        {"source": s.source, "place": rows.storable(s.place), "after": rows.storable(s.after)}
        for s in stops
    ]
    connection.execute(sql, given)


def take_known(connection: sa.Connection, run: frontier.Run, source: str, now: str) -> int:
    """Take into a crawl what a registry named before and did not name again; return how many."""
    count = 0
    for servers in _known(connection, run, source):
        frontier.note(connection, run, servers, now)
        count += len(servers)
    return count


def _known(connection: sa.Connection, run: frontier.Run, source: str) -> Iterator[list[Server]]:
    query = sa.text(
        "SELECT s.id AS server, s.name, l.* FROM listing l JOIN server s ON s.id = l.server_id "
        "WHERE l.source = :source AND s.status <> 'deleted' AND s.id > :last AND NOT EXISTS "
        "(SELECT 1 FROM frontier f WHERE f.server_id = s.id AND f.run_id = :run) "
        "ORDER BY s.id LIMIT :chunk"
    )
    given = {"source": source, "run": run.id, "chunk": _CHUNK, "last": 0}
    while found := list(connection.execute(query, given).mappings()):
        given["last"] = found[-1]["server"]
        unique = {row["server"]: row for row in found}
        yield [
            replace(rows.listing_of(row).server, name=ServerName(row["name"]))
            for row in unique.values()
        ]
