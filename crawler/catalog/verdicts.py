"""Verdicts as they are stored: plain values, because the catalogue does not know who judges."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredClassification:
    """A verdict as plain values; `json_text` is the whole of it."""

    version_id: int
    input_sha256: str
    ruleset: str
    model: str
    category: str
    risk: str
    risk_score: int
    needs_review: bool
    json_text: str


_SUPERSEDED = """
DELETE FROM classification WHERE tool_version_id = :tool_version_id AND model = :model
AND ruleset <> :ruleset AND ruleset LIKE substr(:ruleset, 1, instr(:ruleset || ' ', ' ') - 1) || ' %'
"""

_COLUMNS = (
    "tool_version_id", "input_sha256", "ruleset", "model", "category", "risk", "risk_score",
    "needs_review", "json_text", "created",
)  # fmt: skip
_INSERTED = (  # replaced, not updated: the newest has the highest id, whatever the clock says
    f"INSERT OR REPLACE INTO classification ({', '.join(_COLUMNS)}) "  # noqa: S608 - constants
    f"VALUES ({', '.join(':' + one for one in _COLUMNS)})"
)


def store_verdicts(
    connection: sa.Connection, verdicts: Iterable[StoredClassification], created: str
) -> None:
    """Insert or replace verdicts; of one ruleset with other data beside it none is kept."""
    batch = [_row(one, created) for one in verdicts]
    connection.exec_driver_sql(_SUPERSEDED, batch)  # as it stands: nothing is to be
    connection.exec_driver_sql(_INSERTED, batch)  # worked out anew for every row


def _row(verdict: StoredClassification, created: str) -> dict[str, Any]:
    return {
        "tool_version_id": verdict.version_id,
        "input_sha256": verdict.input_sha256,
        "ruleset": verdict.ruleset,
        "model": verdict.model,
        "category": verdict.category,
        "risk": verdict.risk,
        "risk_score": verdict.risk_score,
        "needs_review": int(verdict.needs_review),
        "json_text": verdict.json_text,
        "created": created,
    }
