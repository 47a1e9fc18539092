"""The frontier: which servers are due, who is at work on them, and when to try again.

State changes share the transaction that stores their results, so that a process that is killed
loses nothing: what it held comes free when it is gone or its lease ends, and what it had stored
is done. A crawl of the same targets that was cut off is taken up where it stopped.

A time of the past that lies ahead is of a clock that was wrong, and keeps nobody from being asked.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crawler.catalog import rows
from crawler.catalog.workers import release_dead, worker_name
from crawler.domains import asked_domain
from crawler.gathered import Gathered, era_of
from crawler.records import Outcome, Probe, Server, ServerName

LEASE = timedelta(minutes=30)
"""How long a server may be held unless that is renewed, as it is whenever something arrives. More
than the sum of all time limits of one look: a package that npm fetches slowly takes 24 minutes."""

_RESUMABLE = timedelta(hours=24)
_REFRESH = timedelta(hours=24)
_LONGEST = timedelta(days=7)
_SHORTEST = timedelta(minutes=1)
_SLOW = frozenset(
    {
        Outcome.AUTH_REQUIRED,
        Outcome.FORBIDDEN,
        Outcome.NEEDS_CONFIG,
        Outcome.NEEDS_NETWORK,
        Outcome.NOT_FOUND,
        Outcome.NOT_MCP,
        Outcome.UNSUPPORTED,
        Outcome.BLOCKED_SSRF,
        Outcome.SKIPPED_POLICY,
    }
)
"""Outcomes that another try an hour later will not change."""

_MISTAKEN = frozenset(
    {Outcome.TIMEOUT, Outcome.HTTP_ERROR, Outcome.PROTOCOL_ERROR, Outcome.NOT_MCP}
)
"""How it ends to be spoken with in an era that a server has left: the next visit takes it anew."""


@dataclass(frozen=True, slots=True)
class Run:
    """One crawl: who works, and which servers are fresh enough to be left alone."""

    id: int
    resumed: bool
    fresh_after: str | None  # who was looked at since then is not due; UTC ISO text
    worker: str


def start(
    connection: sa.Connection, targets: str, now: str, max_age: timedelta | None = None
) -> Run:
    """Begin a crawl of these targets, or take up the one that was cut off."""
    release_dead(connection)
    oldest = _shift(now, -_RESUMABLE)
    open_run = connection.execute(
        sa.text(
            "SELECT id FROM crawl_run WHERE targets = :targets "
            "AND finished_at IS NULL AND started_at BETWEEN :oldest AND :now "
            "ORDER BY id DESC LIMIT 1"
        ),
        {"targets": targets, "oldest": oldest, "now": now},
    ).first()
    fresh_after = None if max_age is None else _shift(now, -max_age)
    if open_run is None:
        made = connection.execute(
            sa.text("INSERT INTO crawl_run (targets, started_at) VALUES (:targets, :now)"),
            {"targets": targets, "now": now},
        )
        return Run(
            int(made.lastrowid), resumed=False, fresh_after=fresh_after, worker=worker_name()
        )
    return Run(int(open_run.id), resumed=True, fresh_after=fresh_after, worker=worker_name())


def finish(connection: sa.Connection, run: Run, now: str, summary: str) -> None:
    """End a crawl that has nothing left to do."""
    connection.execute(
        sa.text("UPDATE crawl_run SET finished_at = :now, summary = :summary WHERE id = :id"),
        {"now": now, "summary": summary, "id": run.id},
    )


def release(connection: sa.Connection, run: Run) -> None:
    """Give back what this process holds: it stops before having looked."""
    connection.execute(
        sa.text(
            "UPDATE frontier SET state = 'due', leased_by = NULL, leased_until = NULL "
            "WHERE state = 'leased' AND leased_by = :worker"
        ),
        {"worker": run.worker},
    )


_NOTE = sa.text("""
INSERT INTO frontier (server_id, run_id, state, failures, domain, turn)
VALUES (:server_id, :run_id, 'due', 0, :domain, :turn)
ON CONFLICT (server_id) DO UPDATE SET
  run_id = excluded.run_id, domain = excluded.domain, turn = excluded.turn,
  state = CASE
    WHEN state = 'leased' AND leased_by = :worker THEN state
    WHEN state = 'leased' AND leased_until > :now AND leased_until <= :longest THEN state
    WHEN state IN ('done', 'failed') AND run_id = excluded.run_id THEN state
    WHEN last_attempt > :now THEN 'due'
    WHEN state IN ('done', 'failed') AND last_attempt >= :fresh_after THEN state
    WHEN :backoff = 1 AND state = 'failed' AND next_attempt > :now THEN state
    WHEN :backoff = 1 AND state = 'done' AND told = 1 AND next_attempt > :now THEN state
    ELSE 'due' END
""")

_DONE = sa.text("""
INSERT INTO frontier (server_id, run_id, state, outcome, reason, failures, last_attempt,
                      next_attempt, told, era, turn)
VALUES (:server_id, :run_id, :state, :outcome, :reason, :failures, :now, :next_attempt, :told,
        :era, 0)
ON CONFLICT (server_id) DO UPDATE SET
  state = excluded.state, outcome = excluded.outcome, reason = excluded.reason,
  failures = excluded.failures, last_attempt = excluded.last_attempt,
  next_attempt = excluded.next_attempt, told = excluded.told,
  era = COALESCE(excluded.era, CASE WHEN :forget = 0 THEN era END), leased_by = NULL, leased_until = NULL
""")


def note(connection: sa.Connection, run: Run, servers: Sequence[Server], now: str) -> None:
    """Take servers into this run: due, unless they are fresh, held, or to be left alone yet."""
    ids = server_ids(connection, servers)
    domains = [rows.storable(asked_domain(server) or "") or None for server in servers]
    values = [
        {
            "server_id": server_id,
            "run_id": run.id,
            "domain": domain,
            "turn": turn,
            "now": now,
            "worker": run.worker,
            "longest": _shift(now, 2 * LEASE),  # twice, for clocks that differ a little
            "fresh_after": run.fresh_after,
            "backoff": int(run.fresh_after is not None),
        }
        for server_id, domain, turn in zip(
            ids, domains, _turns(connection, run, domains), strict=True
        )
    ]
    if values:
        connection.execute(_NOTE, values)


def _turns(connection: sa.Connection, run: Run, domains: Sequence[str | None]) -> list[int]:
    """Return which of its domain's servers each is: a thousand on one host wait behind others."""
    query = sa.text(
        "SELECT domain, MAX(turn) AS last FROM frontier "
        "WHERE run_id = :run AND domain IN :domains GROUP BY domain"
    ).bindparams(sa.bindparam("domains", expanding=True))
    named = sorted({domain for domain in domains if domain})
    found = connection.execute(query, {"run": run.id, "domains": named})
    last = {row.domain: int(row.last) for row in found}
    turns = []
    for domain in domains:
        turn = last.get(domain, -1) + 1 if domain else 0
        if domain:
            last[domain] = turn
        turns.append(turn)
    return turns


def settle(
    connection: sa.Connection, run: Run, results: Sequence[tuple[int, Gathered]], now: str
) -> None:
    """Record what became of looking at servers, and when to look again."""
    if not results:
        return
    failures = _failures(connection, [server_id for server_id, _ in results])
    values = []
    for server_id, item in results:
        if item.probe is None:
            continue
        outcome = item.probe.outcome
        good = outcome in (Outcome.LISTED, Outcome.NO_TOOLS)
        count = 0 if good else failures.get(server_id, 0) + 1
        values.append(
            {
                "server_id": server_id,
                "run_id": run.id,
                "state": "done" if good else "failed",
                "outcome": outcome.value,
                "reason": rows.storable(item.probe.detail) or None,
                "failures": count,
                "now": now,
                "next_attempt": _shift(now, _wait(item.probe, count, server_id)),
                "told": int(item.probe.wait_seconds is not None),
                "era": era_of(item.probe),
                "forget": int(outcome in _MISTAKEN),
            }
        )
    connection.execute(_DONE, values)


def _failures(connection: sa.Connection, ids: list[int]) -> dict[int, int]:
    query = sa.text("SELECT server_id, failures FROM frontier WHERE server_id IN :ids")
    bound = query.bindparams(sa.bindparam("ids", expanding=True))
    return {row.server_id: row.failures for row in connection.execute(bound, {"ids": ids})}


def _wait(probe: Probe, failures: int, server_id: int) -> timedelta:
    """Return how long to leave a server alone: as it asks; else doubling after failures.

    Spread by an eighth, so that those who were asked together do not all come due together.
    """
    if probe.wait_seconds is not None:
        asked = timedelta(seconds=min(probe.wait_seconds, _LONGEST.total_seconds()))
        wait = max(asked, _SHORTEST)
    elif probe.outcome in _SLOW or failures == 0:
        wait = _REFRESH
    else:
        wait = min(timedelta(hours=1) * 2 ** min(failures - 1, 12), _LONGEST)
    spread = zlib.crc32(str(server_id).encode()) % 1000 / 8000
    return wait * (1 + spread)


def lease(connection: sa.Connection, run: Run, count: int, now: str) -> list[Gathered]:
    """Hold up to `count` due servers of this run and return each with the listing to ask by.

    That is the one of the source that describes the server: a listing that only names its
    package must not decide where it is asked.
    """
    given: dict[str, Any] = {"run": run.id, "now": now, "count": count, "worker": run.worker}
    until = _shift(now, LEASE)
    # what waits for its turn behind others is held on; a few minutes late saves writes
    connection.execute(sa.text(_RENEW), given | {"until": until, "old": _shift(now, LEASE * 0.9)})
    if count <= 0:
        return []
    found = list(connection.execute(sa.text(_DUE), given).mappings())
    if len(found) < count:
        given["count"] = count - len(found)
        found += connection.execute(sa.text(_EXPIRED), given).mappings()
    held: list[Gathered] = []
    updates: list[dict[str, Any]] = []
    names = _other_names(connection, [row["server_id"] for row in found])
    for row in found:
        listing = rows.listing_of(row)
        server = replace(listing.server, name=ServerName(row["name"]))
        other = tuple(names.get(row["server_id"], ()))
        held.append(Gathered(server=server, listing=listing, era=row["era"], other_names=other))
        updates.append({"server_id": row["server_id"]})
    if updates:
        for update in updates:
            update.update(until=until, worker=run.worker)
        connection.execute(
            sa.text(
                "UPDATE frontier SET state = 'leased', leased_by = :worker, leased_until = :until "
                "WHERE server_id = :server_id"
            ),
            updates,
        )
    return held


def _other_names(connection: sa.Connection, ids: Sequence[int]) -> dict[int, list[str]]:
    """Return the names by which other sources list these servers: who knows one may mean it."""
    query = sa.text("SELECT server_id, name FROM alias WHERE apart = 0 AND server_id IN :ids")
    names: dict[int, list[str]] = {}
    for row in connection.execute(
        query.bindparams(sa.bindparam("ids", expanding=True)), {"ids": ids}
    ):
        names.setdefault(row.server_id, []).append(row.name)
    return names


_WITH_LISTING = """
SELECT f.server_id, f.era, s.name, l.* FROM frontier f
JOIN server s ON s.id = f.server_id JOIN listing l ON l.id = (
  SELECT n.id FROM listing n JOIN server o ON o.id = n.server_id
  WHERE n.server_id = f.server_id
  ORDER BY (EXISTS (SELECT 1 FROM remote r WHERE r.listing_id = n.id)
    OR EXISTS (SELECT 1 FROM package p WHERE p.listing_id = n.id)) DESC,
    (n.source || CASE n.place WHEN '' THEN '' ELSE '+' || n.place END = o.stated_by) DESC, n.last_seen DESC, n.id LIMIT 1)
WHERE f.run_id = :run AND """
_DUE = _WITH_LISTING + "f.state = 'due' ORDER BY f.turn, f.server_id LIMIT :count"
_RENEW = """
UPDATE frontier SET leased_until = :until WHERE run_id = :run AND state = 'leased'
  AND leased_by = :worker AND leased_until < :old"""
_EXPIRED = _WITH_LISTING + (
    "f.state = 'leased' AND f.leased_until < :now AND f.leased_by <> :worker LIMIT :count"
)
"""Two queries, because with OR neither is answered from the index `frontier_due`.

What this process itself holds is under way, however long it waits for its turn at a domain.
"""


_WAITING = sa.text("""
SELECT COALESCE(SUM(is_now), 0) AS now, COALESCE(SUM(1 - is_now), 0) AS later FROM (
  SELECT state = 'due' OR (state = 'leased' AND leased_until < :now)
    OR (state IN ('done', 'failed') AND (COALESCE(next_attempt, '') <= :now OR last_attempt > :now)) AS is_now
  FROM frontier WHERE state <> 'leased' OR leased_until < :now)
""")


def waiting(connection: sa.Connection, run: Run) -> int:
    """Return how many servers of a crawl nobody has begun to look at."""
    query = "SELECT COUNT(*) FROM frontier WHERE run_id = :run AND state = 'due'"
    return int(connection.execute(sa.text(query), {"run": run.id}).scalar_one())


def listed(connection: sa.Connection, run: Run) -> int:
    """Return how many servers of a crawl told their tools when they were asked last."""
    query = "SELECT COUNT(*) FROM frontier WHERE run_id = :run AND state = 'done'"
    return int(connection.execute(sa.text(query), {"run": run.id}).scalar_one())


def overview(connection: sa.Connection, now: str) -> dict[str, dict[str, int]]:
    """Return how many servers are in which state, why they failed, and how many are due.

    Due now is also what was looked at before and whose next attempt has come.
    """
    states = connection.execute(sa.text("SELECT state, COUNT(*) FROM frontier GROUP BY state"))
    outcomes = connection.execute(
        sa.text(
            "SELECT outcome, COUNT(*) FROM frontier WHERE outcome IS NOT NULL "
            "GROUP BY outcome ORDER BY 2 DESC, 1"
        )
    )
    due = connection.execute(_WAITING, {"now": now}).one()
    return {
        "states": {str(name): int(count) for name, count in states},
        "outcomes": {str(name): int(count) for name, count in outcomes},
        "due": {"now": int(due.now), "later": int(due.later)},
    }


def last_run(connection: sa.Connection) -> dict[str, Any] | None:
    """Return the newest crawl: its times, its targets and its summary as JSON text."""
    query = "SELECT * FROM crawl_run ORDER BY id DESC LIMIT 1"
    row = connection.execute(sa.text(query)).mappings().first()
    return None if row is None else dict(row)


def server_ids(connection: sa.Connection, servers: Sequence[Server]) -> list[int]:
    """Return the ids of servers that the catalogue has, in their order, by name or alias."""
    names = [rows.storable(server.name) for server in servers]
    query = sa.text(
        "SELECT name, id FROM server WHERE name IN :names UNION ALL "
        "SELECT name, server_id FROM alias WHERE apart = 0 AND name IN :names"
    )
    bound = query.bindparams(sa.bindparam("names", expanding=True))
    ids = {row.name: int(row.id) for row in connection.execute(bound, {"names": names})}
    return [ids[name] for name in names]


def _shift(now: str, by: timedelta) -> str:
    return (datetime.fromisoformat(now).astimezone(UTC) + by).isoformat(timespec="seconds")
