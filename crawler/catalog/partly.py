"""Which servers' lists of tools are known in part only: what else is in them is unknown, not gone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from crawler.parse import load_json
from crawler.printable import incomplete_notes
from crawler.records import BROKE_OFF

BROUGHT_A_LIST = "(y.outcome IN ('listed', 'no_tools') OR y.problems <> '[]' OR y.truncated)"
"""Of attempts `y`: those that brought a list, be it one that cannot be read."""

INCOMPLETE = f"""
SELECT s.name, x.problems, x.truncated,
       CASE WHEN x.truncated AND x.detail LIKE '{BROKE_OFF}%' THEN x.detail END AS broke_off
FROM probe x JOIN server s ON s.id = x.server_id
WHERE s.status <> 'deleted' AND (x.problems <> '[]' OR x.truncated)
AND x.id = (SELECT MAX(y.id) FROM probe y WHERE y.server_id = x.server_id AND {BROUGHT_A_LIST})
UNION ALL
SELECT s.name, COALESCE(json_extract(x.statement, '$.problems'), '[]'),
       json_type(x.statement, '$.truncated') IS NOT NULL, NULL
FROM listing x JOIN server s ON s.id = x.server_id
WHERE s.status <> 'deleted'
AND s.tools_source = x.source || CASE x.place WHEN '' THEN '' ELSE '+' || x.place END
AND (json_type(x.statement, '$.problems') IS NOT NULL
     OR json_type(x.statement, '$.truncated') IS NOT NULL)
"""  # noqa: S608 - constants
"""Servers that listed more than could be read when they told their tools last, and those whose tools
come from a list that is not whole. Who answers no more has told nothing new."""


_PRESUMED = f"""
SELECT s.name FROM server s WHERE s.tools_origin = 'static'
UNION
SELECT s.name FROM server s JOIN probe x ON x.server_id = s.id
WHERE s.tools_origin = 'live' AND x.dummy_config
AND x.id = (SELECT MAX(y.id) FROM probe y WHERE y.server_id = s.id AND {BROUGHT_A_LIST})
"""  # noqa: S608 - constants
"""Servers whose list was read without a gap and may lack tools: those made at run time do not stand in
source code, and a server with placeholders for its settings may hold some back."""


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A server whose list of tools is not known to its end: `truncated`, or entries left out.

    `broke_off`: at which page a truncated list ended before its end, and why.
    """

    server: str
    truncated: bool
    problems: tuple[str, ...]
    broke_off: str | None


def incomplete(connection: sa.Connection) -> list[Incomplete]:
    """Return the servers of whose lists only a part is known, by name."""
    found = connection.execute(sa.text(f"{INCOMPLETE} ORDER BY 1"))
    return [
        Incomplete(name, bool(truncated), tuple(load_json(problems.encode())), broke_off)
        for name, problems, truncated, broke_off in found
    ]


def known_in_part(connection: sa.Connection) -> set[str]:
    """Return the servers whose lists have more tools than are known, or may have."""
    presumed = connection.exec_driver_sql(_PRESUMED)
    return {one.server for one in incomplete(connection)} | {row[0] for row in presumed}


def notes(found: Sequence[Incomplete]) -> Iterator[str]:
    """Yield what is to be said of these servers together, a line each."""
    unread = {one.server for one in found if one.problems}
    cut = {one.server for one in found if one.truncated and not one.broke_off}
    broken_off = ((one.server, one.broke_off) for one in found if one.broke_off)
    yield from incomplete_notes(len(unread), len(cut), broken_off)
