"""Every change of what a server offers, in its order: a definition may come back, and a tool too.

Up to revision 0005 a change was read off the day on which a definition was first met, so one that
came back was none.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_INTO = "INSERT INTO tool_change (tool_id, kind, at, version_id, previous_version_id) "
_FIRST_MET = """
SELECT v.tool_id, 'changed', v.first_seen, v.id, p.id
FROM tool_version v
JOIN tool_version p ON p.id = (
  SELECT MAX(o.id) FROM tool_version o WHERE o.tool_id = v.tool_id AND o.id < v.id)
WHERE p.definition_sha256 <> v.definition_sha256
ORDER BY v.first_seen, v.id
"""
_CAME_BACK = """
SELECT t.id, 'changed', l.last_seen, {after}.id, {before}.id
FROM tool t
JOIN tool_version c ON c.id = t.current_version_id
JOIN tool_version l ON l.id = (
  SELECT o.id FROM tool_version o WHERE o.tool_id = t.id AND o.id <> c.id
  ORDER BY o.last_seen DESC, o.id DESC LIMIT 1)
JOIN tool_version n ON n.id = (SELECT MAX(o.id) FROM tool_version o WHERE o.tool_id = t.id)
WHERE l.last_seen > c.first_seen AND {after}.definition_sha256 <> {before}.definition_sha256
ORDER BY l.last_seen, t.id
"""
"""With the version in force (c), the one that was left last (l), and the newest (n)."""
_REMOVED = """
SELECT t.id, 'removed', t.removed_at, t.current_version_id, t.current_version_id
FROM tool t WHERE t.removed_at IS NOT NULL ORDER BY t.removed_at, t.id
"""
_WITHDRAWN = """
SELECT t.id, 'removed', s.last_seen, t.current_version_id, t.current_version_id
FROM tool t JOIN server s ON s.id = t.server_id
WHERE s.status = 'deleted' AND t.removed_at IS NULL ORDER BY s.last_seen, t.id
"""
"""With the day on which a source last spoke of the server: when it was withdrawn is not known."""


def upgrade() -> None:
    """Make the table, and fill it with what the versions of each tool tell.

    Of definitions that took turns the last turn is known. When the one before it began is not: it is
    given the day on which it ended.
    """
    op.create_table(
        "tool_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tool_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("previous_version_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["tool_id"], ["tool.id"]),
        sa.ForeignKeyConstraint(["version_id"], ["tool_version.id"]),
        sa.ForeignKeyConstraint(["previous_version_id"], ["tool_version.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_tool_change_tool_id"), "tool_change", ["tool_id"], unique=False)
    op.execute(_INTO + _FIRST_MET)
    op.execute(_INTO + _CAME_BACK.format(before="n", after="l"))
    op.execute(_INTO + _CAME_BACK.format(before="l", after="c"))
    op.execute(_INTO + _REMOVED)
    op.execute(_INTO + _WITHDRAWN)
